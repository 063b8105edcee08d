"""Runs whenever the report of the planets was written, and reads it."""

from airflow.sdk import Asset, dag, get_current_context, task

REPORT = Asset("planets_report")


@dag(schedule=[REPORT], is_paused_upon_creation=False, tags=["example"], doc_md=__doc__)
def planets_summary():
    @task
    def summary() -> str:
        (event, *_) = get_current_context()["triggering_asset_events"][REPORT]
        ratios = event.extra["ratios"]
        farthest = max(ratios, key=lambda name: abs(ratios[name] - 1))
        print(f"farthest from the law is {farthest}, with {ratios[farthest]}")
        return farthest

    summary()


planets_summary()
