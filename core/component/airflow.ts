/** Airflow's components, as the runtime's command names them. */
export const airflowComponents = ['scheduler', 'dag-processor', 'triggerer', 'api-server', 'worker'] as const;
export type AirflowComponent = (typeof airflowComponents)[number];
