"""A DAG whose one task waits for a trigger that a plugin of the triggerer alone has: `plugin.Trigger`."""

DEFERRING = """
from airflow.sdk import BaseOperator, dag
from airflow.triggers.base import BaseTrigger

class Trigger(BaseTrigger):
    def serialize(self):
        return "plugin.Trigger", {}

    async def run(self):
        yield

class Defers(BaseOperator):
    def execute(self, context):
        self.defer(trigger=Trigger(), method_name="resume")

    def resume(self, context, event):
        assert event == "done"

@dag(schedule=None, is_paused_upon_creation=False)
def deferring():
    Defers(task_id="defers")

deferring()
"""
