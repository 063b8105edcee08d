"""Where tasks' logs are kept: the deployment's object storage, by Airflow's own handler."""

from airflow.providers.amazon.aws.log.s3_task_handler import S3RemoteLogIO


def connect_task_logs(logs: object, *, reads: bool = False) -> None:
    """Makes the clients of Airflow's handler of remote logs, which would else delay the first log.

    Another than S3's is left alone. Reading takes boto3's resources beside its client. Nothing is asked
    of S3 itself.
    """
    if isinstance(logs, S3RemoteLogIO):
        logs.hook.get_conn()
        if reads:
            logs.hook.get_bucket(logs.hook.parse_s3_url(logs.remote_base)[0])
