/**
 * The DAG `long`, whose task `work` ends when the variable `go` is `yes`; it returns how many times it was begun, and by
 * which Airflow.
 */
export const LONG_DAG = `
import time
from airflow import __version__
from airflow.sdk import Variable, dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def long():
    @task
    def work():
        begun = int(Variable.get("begun", default="0")) + 1
        Variable.set("begun", str(begun))
        while Variable.get("go", default="no") != "yes":
            time.sleep(0.5)
        return [begun, __version__]

    work()

long()
`;
