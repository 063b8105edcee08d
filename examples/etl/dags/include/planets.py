"""What the DAGs compute, as plain functions: no Airflow, so that a test needs none."""

import csv
from pathlib import Path

DATA = Path(__file__).with_name("planets.csv")

Planet = dict[str, str]


def read(path: Path = DATA) -> list[Planet]:
    """The rows of the table, a planet each."""
    with path.open() as file:
        return list(csv.DictReader(file))


def kinds(planets: list[Planet]) -> list[list[Planet]]:
    """The planets, grouped by kind."""
    groups: dict[str, list[Planet]] = {}
    for planet in planets:
        groups.setdefault(planet["kind"], []).append(planet)
    return list(groups.values())


def kepler(planet: Planet) -> float:
    """Distance cubed by period squared, in units of Earth's: 1 for every planet, says Kepler's third law."""
    distance = float(planet["distance_1e6_km"]) / 149.6
    period = float(planet["period_days"]) / 365.2
    return distance**3 / period**2
