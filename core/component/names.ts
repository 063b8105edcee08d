/** A service of a deployment, and a task definition's family: all begin with the same, by which grants speak of them. */
export function resourceName(deploymentId: string, name: string): string {
  return `windsock-${deploymentId}-${name}`;
}

/** The deployment, and what its resource of this name is called; undefined for what is no deployment's. */
export function resourceParts(resource: string): { deploymentId: string; name: string } | undefined {
  const [, deploymentId, name] = /^windsock-(c[0-9a-z]+)-(.+)$/.exec(resource) ?? [];
  return deploymentId === undefined || name === undefined ? undefined : { deploymentId, name };
}

/** The role of a deployment's tasks. */
export function roleName(deploymentId: string): string {
  return `windsock-${deploymentId}`;
}

/** A deployment's database in the cell's Postgres, and the role that owns it. */
export function databaseName(deploymentId: string): string {
  return `airflow_${deploymentId}`;
}

/** The Postgres role that reads and writes Celery's results there, and nothing else. */
export function resultRole(deploymentId: string): string {
  return `${databaseName(deploymentId)}_results`;
}

/** A deployment's user at the cell's broker, by which its keys and channels begin. */
export function brokerUser(deploymentId: string): string {
  return `airflow_${deploymentId}`;
}

/** Where a deployment's objects are in the cell's bucket: pointer, bundles, logs, uploads. */
export function storagePrefix(organizationId: string, deploymentId: string): string {
  return `${organizationId}/${deploymentId}`;
}

/** The CloudWatch Logs group of a deployment's components. */
export function logGroup(prefix: string, deploymentId: string): string {
  return `${prefix}/${deploymentId}`;
}
