"""Does Kepler's third law hold for the planets? A small ETL with the pieces that real ones have."""

from datetime import timedelta

from airflow.exceptions import AirflowException
from airflow.sdk import Asset, Metadata, dag, get_current_context, task
from airflow.sdk.bases.sensor import PokeReturnValue
from include import planets as solar_system

REPORT = Asset("planets_report")
TOLERANCE = 0.05


@dag(schedule="@once", is_paused_upon_creation=False, tags=["example"], doc_md=__doc__)
def planets():
    @task.sensor(poke_interval=1, timeout=60)
    def data_file() -> PokeReturnValue:
        """Waits for the table, which here is shipped beside the DAG."""
        return PokeReturnValue(is_done=solar_system.DATA.exists())

    @task
    def extract() -> list[list[solar_system.Planet]]:
        return solar_system.kinds(solar_system.read())

    @task
    def transform(group: list[solar_system.Planet]) -> dict[str, float]:
        """One of these runs for each kind of planet, at the same time as the others."""
        return {planet["planet"]: round(solar_system.kepler(planet), 3) for planet in group}

    @task(retries=2, retry_delay=timedelta(seconds=1))
    def observatory() -> str:
        """Fails its first try, as services on the network do, and succeeds in the second."""
        if get_current_context()["ti"].try_number == 1:
            raise AirflowException("the observatory does not answer; trying again")
        return "the observatory agrees"

    @task
    def load(groups: list[dict[str, float]], agreement: str) -> dict[str, float]:
        ratios = {name: ratio for group in groups for name, ratio in group.items()}
        print(f"{len(ratios)} planets, {agreement}")
        return ratios

    @task.branch
    def verdict(ratios: dict[str, float]) -> str:
        holds = all(abs(ratio - 1) < TOLERANCE for ratio in ratios.values())
        return "the_law_holds" if holds else "exceptions"

    @task(outlets=[REPORT])
    def the_law_holds(ratios: dict[str, float]):
        """Updates the asset, which starts the second DAG."""
        yield Metadata(REPORT, extra={"ratios": ratios})

    @task
    def exceptions(ratios: dict[str, float]) -> None:
        print({name: ratio for name, ratio in ratios.items() if abs(ratio - 1) >= TOLERANCE})

    groups = extract()
    data_file() >> groups
    ratios = load(transform.expand(group=groups), observatory())
    verdict(ratios) >> [the_law_holds(ratios), exceptions(ratios)]


planets()
