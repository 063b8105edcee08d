"""The command `windsock-airflow`, which every container of a deployment runs."""

import os
import sys
from pathlib import Path

from windsock_airflow.settings import COMPONENTS, SettingsError

USAGE = f"""usage: windsock-airflow <component>
       windsock-airflow health <component>
       windsock-airflow database create|drop|template
components: {", ".join(COMPONENTS)}"""


def main() -> None:
    """Runs the command; ends the process with its exit code, and with the reason as the last line of stderr.

    Each command imports only what it needs: a health check must not pay for Airflow.
    """
    try:
        match sys.argv[1:]:
            case ["health", component] if component in COMPONENTS:
                from windsock_airflow.health import check

                check(component, os.environ, Path.cwd())
            case ["database", ("create" | "drop" | "template") as action]:
                from windsock_airflow.database import run

                run(action, os.environ)
            case [component] if component in COMPONENTS:
                from windsock_airflow.launcher import launch

                launch(component, os.environ, Path.cwd())
            case _:
                sys.exit(USAGE)
    except SettingsError as error:
        sys.exit(f"windsock-airflow: {error}")
