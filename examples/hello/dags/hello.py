from airflow.sdk import dag, task


@dag(schedule=None, is_paused_upon_creation=False)
def hello():
    @task
    def greet() -> str:
        print("hello from a task")
        return "hello"

    greet()


hello()
