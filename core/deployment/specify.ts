import { isSomewhere, placeErrors } from '../cell/place.ts';
import type { Cell } from '../cell/schema.ts';
import { type FieldError, invalid } from '../errors.ts';
import type { Spec, WorkerQueue } from '../revision/schema.ts';
import { defaultRuntimeVersion, minorOf } from '../runtime/versions.ts';
import { DEFAULT_FIELDS, defaultPlace } from '../workspace/defaults.ts';
import type { WorkspaceItem } from '../workspace/entity.ts';
import { executorOr } from './executors.ts';
import { offerErrors } from './offer.ts';
import { DEFAULT_QUEUE, queueErrors, workerQueue } from './queues.ts';
import { DEFAULT_QUOTAS, quotaErrors } from './quotas.ts';
import type { CreateDeploymentRequest, UpdateDeploymentRequest, WorkerQueueRequest } from './request.ts';
import { changedSettings, type DeploymentSettings, newSettings } from './settings.ts';
import { storedVariables, variableErrors } from './variables.ts';

/** What a request does not say by itself: when it is, the deployment's cell, the set that new values are stored in. */
export interface Specifying {
  readonly now: string;
  readonly cell: Cell;
  readonly variableSetId: string;
  /** Gives a queue its id. */
  readonly newQueueId: () => string;
}

/** A spec, and what a deployment is told beside it. */
export interface Specified {
  readonly spec: Spec;
  readonly settings: DeploymentSettings;
}

/**
 * The spec and settings that a new deployment's request asks for, defaults filled in, those of its workspace first.
 * Throws 400 with each field that is wrong or asks for what the platform does not offer.
 */
export function specify(
  request: CreateDeploymentRequest,
  workspace: WorkspaceItem,
  given: Specifying,
): Specified {
  const { astroRuntimeVersion, workerQueues = [DEFAULT_QUEUE], environmentVariables = [] } = request;
  const [place, fields] = isSomewhere(request) ? [request] : [defaultPlace(workspace), DEFAULT_FIELDS];
  demand([
    ...offerErrors(request, given.cell),
    ...placeErrors(place, given.cell, fields),
    ...queueErrors(workerQueues),
    ...quotaErrors(request, DEFAULT_QUOTAS),
    ...variableErrors(environmentVariables, []),
  ]);
  return {
    spec: {
      runtimeVersion: astroRuntimeVersion || defaultRuntimeVersion(),
      executor: executorOr('ASTRO', request.executor),
      schedulerSize: request.schedulerSize ?? 'SMALL',
      isHighAvailability: request.isHighAvailability ?? false,
      workerQueues: workerQueues.map((queue) => workerQueue(queue, given.newQueueId())),
      environmentVariables: storedVariables(environmentVariables, [], given),
    },
    settings: newSettings(request, place, { region: given.cell.region, ...workspace }),
  };
}

/**
 * The spec and settings that an update asks for: what it does not say stays as it is, and so do a queue whose id or
 * name it gives and a variable that it gives no value. Throws 400 as `specify` does.
 */
export function respecify(
  request: UpdateDeploymentRequest,
  { spec, settings }: Specified,
  given: Specifying,
): Specified {
  const { environmentVariables: present, isHighAvailability } = spec;
  const { isDevelopmentMode } = settings;
  const { workerQueues, environmentVariables = present.map(({ key, isSecret }) => ({ key, isSecret })) } =
    request;
  demand([
    ...offerErrors({ isDevelopmentMode, isHighAvailability, ...request }, given.cell),
    ...updateErrors(request, { spec, settings }),
    ...quotaErrors(request, settings),
    ...(workerQueues === undefined ? [] : queueErrors(workerQueues)),
    ...variableErrors(environmentVariables, present),
  ]);
  return {
    spec: {
      ...spec,
      runtimeVersion: request.astroRuntimeVersion || spec.runtimeVersion,
      executor: executorOr(spec.executor, request.executor),
      schedulerSize: request.schedulerSize ?? spec.schedulerSize,
      isHighAvailability: request.isHighAvailability ?? isHighAvailability,
      workerQueues:
        workerQueues === undefined
          ? spec.workerQueues
          : changedQueues(workerQueues, spec.workerQueues, given),
      environmentVariables: storedVariables(environmentVariables, present, given),
    },
    settings: { ...settings, ...changedSettings(request) },
  };
}

/** The queues that are asked for: one that is there is known by its id, else by its name. */
function changedQueues(
  asked: readonly WorkerQueueRequest[],
  present: readonly WorkerQueue[],
  { newQueueId }: Specifying,
): WorkerQueue[] {
  const claimed = new Set(asked.map(({ id }) => id));
  return asked.map((queue) => {
    const known =
      present.find(({ id }) => id === queue.id) ??
      present.find(({ id, name }) => name === queue.name && !claimed.has(id));
    return workerQueue(queue, known?.id ?? newQueueId());
  });
}

/** What of a deployment stays as it was created. */
function updateErrors(request: UpdateDeploymentRequest, { spec, settings }: Specified): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (field: string, message: string) => errors.push({ field, code: 'not_changeable', message });
  if (request.type !== undefined && request.type !== settings.type) {
    refuse('type', `is ${settings.type} and cannot be changed`);
  }
  if (request.isDevelopmentMode === true && !settings.isDevelopmentMode) {
    refuse('isDevelopmentMode', 'can be set when a deployment is created, and only be taken away later');
  }
  const version = request.astroRuntimeVersion;
  if (version && version !== spec.runtimeVersion && minorOf(version) !== minorOf(spec.runtimeVersion)) {
    refuse('astroRuntimeVersion', `must be a version of ${minorOf(spec.runtimeVersion)}`);
  }
  return errors;
}

function demand(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(...errors);
}
