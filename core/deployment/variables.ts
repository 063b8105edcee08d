import type { FieldError } from '../errors.ts';
import type { EnvironmentVariable } from '../revision/schema.ts';
import type { EnvironmentVariableRequest } from './request.ts';

/** Secrets Manager's limit of a secret's value. */
export const MOST_BYTES = 65_536;
const LONGEST_KEY = 256;

/**
 * Names that the platform itself sets in every component, as the runtime's launcher does: a user's value would be
 * ignored, so it is refused. The last ones are what an AWS task's own credentials are told by, and where ECS's agent is.
 */
const RESERVED = [
  /^WINDSOCK_/,
  /^AIRFLOW_HOME$/,
  /^AIRFLOW__CORE__(EXECUTOR|AUTH_MANAGER|FERNET_KEY|HOSTNAME_CALLABLE|EXECUTION_API_SERVER_URL)$/,
  /^AIRFLOW__CORE__(MIN_SERIALIZED_DAG_UPDATE_INTERVAL|COMPRESS_SERIALIZED_DAGS)$/,
  /^AIRFLOW__DATABASE__(SQL_ALCHEMY_CONN|CHECK_MIGRATIONS)$/,
  /^AIRFLOW__API__(BASE_URL|HOST|PORT|SECRET_KEY)$/,
  /^AIRFLOW__API_AUTH__JWT_(SECRET|LEEWAY)$/,
  /^AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME$/,
  /^AIRFLOW__EDGE__MINIMUM_ACCEPTABLE_(CORE|EDGE)_VERSION_FOR_WORKERS$/,
  /^AIRFLOW__EDGE__(API_ENABLED|API_URL|PUSH_LOGS|JOB_POLL_INTERVAL|HEARTBEAT_INTERVAL|API_RETRIES|API_RETRY_WAIT_MIN|API_RETRY_WAIT_MAX)$/,
  /^AIRFLOW__CELERY__(BROKER_URL|RESULT_BACKEND|TASK_ACKS_LATE|WORKER_PREFETCH_MULTIPLIER|OPERATION_TIMEOUT|TASK_PUBLISH_MAX_RETRIES|EXTRA_CELERY_CONFIG)$/,
  /^AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__/,
  /^AIRFLOW__DAG_PROCESSOR__(DAG_BUNDLE_CONFIG_LIST|DAG_BUNDLE_STORAGE_PATH|BUNDLE_REFRESH_CHECK_INTERVAL)$/,
  /^AIRFLOW__LOGGING__(BASE_LOG_FOLDER|REMOTE_LOGGING|REMOTE_BASE_LOG_FOLDER|REMOTE_LOG_CONN_ID|DELETE_LOCAL_LOGS)$/,
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION)$/,
  /^AWS_(ENDPOINT_URL|CONTAINER_|EXECUTION_)/,
  /^ECS_/,
];

/** Whether the platform sets this variable itself, or reads it from a command or secret instead. */
export function isReserved(key: string): boolean {
  const setting = key.replace(/_(CMD|SECRET)$/, '');
  return RESERVED.some((pattern) => pattern.test(key) || pattern.test(setting));
}

/**
 * What is wrong with the variables: each one by itself, then their size together. One that is there already may come
 * without a value, which it then keeps, unless it is secret and is to be shown. A secret's kept value is not known
 * here and counts when the operation collects them.
 */
export function variableErrors(
  variables: readonly EnvironmentVariableRequest[],
  present: readonly EnvironmentVariable[],
): FieldError[] {
  const keys = variables.map(({ key }) => key);
  const size = Buffer.byteLength(variablesSecret(variables.map((variable) => withValue(variable, present))));
  return [
    ...variables.flatMap(({ key, value, isSecret }, index) => {
      const field = `environmentVariables[${index}]`;
      const wrong = keyError(key) ?? (keys.indexOf(key) < index ? 'is there twice' : undefined);
      return [
        ...(wrong === undefined ? [] : [invalid(`${field}.key`, `${key} ${wrong}`)]),
        ...(value === undefined && !keepsValue(key, isSecret, present)
          ? [invalid(`${field}.value`, `${key} has no value`)]
          : []),
        ...(value?.includes('\0') ? [invalid(`${field}.value`, `${key} must not contain a NUL`)] : []),
      ];
    }),
    ...(size > MOST_BYTES
      ? [
          invalid(
            'environmentVariables',
            `are ${size} bytes together; at most ${MOST_BYTES} are possible. Keep large values elsewhere.`,
          ),
        ]
      : []),
  ];
}

/**
 * The variables as the table keeps them, without the values of secret ones, when all of those whose value is new are
 * stored in the set of this id. One that was there already and is given no other value keeps its own.
 */
export function storedVariables(
  variables: readonly EnvironmentVariableRequest[],
  present: readonly EnvironmentVariable[],
  { now: updatedAt, variableSetId }: { now: string; variableSetId: string },
): EnvironmentVariable[] {
  return variables.map(({ key, value, isSecret }) => {
    const before = present.find((variable) => variable.key === key);
    const shown = isSecret || value === undefined ? {} : { value };
    if (before === undefined || isNewValue(value, before)) {
      return { key, isSecret, ...shown, updatedAt, variableSetId };
    }
    if (before.isSecret === isSecret) return before;
    return { key, isSecret, updatedAt, variableSetId: before.variableSetId };
  });
}

/** Those of the variables whose values have to be stored. */
export function newValues(
  variables: readonly EnvironmentVariableRequest[],
  present: readonly EnvironmentVariable[],
): EnvironmentVariableRequest[] {
  return variables.filter(({ key, value }) => {
    const before = present.find((variable) => variable.key === key);
    return before === undefined || isNewValue(value, before);
  });
}

/** A secret's value is not known here: one that is given is a new one. */
function isNewValue(value: string | undefined, before: EnvironmentVariable): boolean {
  return value !== undefined && (before.isSecret || value !== before.value);
}

/** The secret that holds the variables: a JSON object of their values by name. */
export function variablesSecret(variables: readonly EnvironmentVariableRequest[]): string {
  return JSON.stringify(Object.fromEntries(variables.map(({ key, value }) => [key, value ?? ''])));
}

/** The variable with the value that it keeps, as far as that is known. */
function withValue(
  variable: EnvironmentVariableRequest,
  present: readonly EnvironmentVariable[],
): EnvironmentVariableRequest {
  return { ...variable, value: variable.value ?? present.find(({ key }) => key === variable.key)?.value };
}

function keepsValue(key: string, isSecret: boolean, present: readonly EnvironmentVariable[]): boolean {
  const before = present.find((variable) => variable.key === key);
  return before !== undefined && (isSecret || !before.isSecret);
}

function keyError(key: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || key.length > LONGEST_KEY) {
    return `must be at most ${LONGEST_KEY} letters, digits and underscores, and not begin with a digit`;
  }
  return isReserved(key) ? 'is set by the platform itself and cannot be changed' : undefined;
}

function invalid(field: string, message: string): FieldError {
  return { field, code: 'invalid_variable', message };
}
