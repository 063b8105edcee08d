"""What runs inside a Windsock deployment, beside and inside Apache Airflow."""
