import type { FieldError } from '../errors.ts';
import type { WorkerQueue } from '../revision/schema.ts';
import type { WorkerQueueRequest } from './request.ts';
import { MOST_WORKERS, machineSizing } from './sizes.ts';

const LONGEST_NAME = 63;
const MOST_QUEUES = 20;
export const MOST_CONCURRENCY = 64;

/** The queue of a deployment that asks for none; its largest count fits every plan. */
export const DEFAULT_QUEUE: WorkerQueueRequest = {
  name: 'default',
  isDefault: true,
  astroMachine: 'A5',
  minWorkerCount: 0,
  maxWorkerCount: 5,
  workerConcurrency: machineSizing('A5').workerConcurrency,
};

/** What is wrong with the queues: each one by itself, then their names together. */
export function queueErrors(queues: readonly WorkerQueueRequest[]): FieldError[] {
  const names = queues.map(({ name }) => name);
  const ids = queues.map(({ id }) => id);
  const defaults = names.filter((name) => name === 'default').length;
  return [
    ...queues.flatMap((queue, index) => [
      ...oneQueueErrors(queue, `workerQueues[${index}]`),
      ...(names.indexOf(queue.name) < index
        ? [wrong(`workerQueues[${index}].name`, `there is another queue named ${queue.name}`)]
        : []),
      ...(queue.id !== undefined && ids.indexOf(queue.id) < index
        ? [wrong(`workerQueues[${index}].id`, `there is another queue with the id ${queue.id}`)]
        : []),
    ]),
    ...(defaults === 0 ? [wrong('workerQueues', 'must have a queue named default')] : []),
    ...(queues.length > MOST_QUEUES ? [wrong('workerQueues', `must be at most ${MOST_QUEUES} queues`)] : []),
  ];
}

/** A queue as a revision holds it, with an id of its own. */
export function workerQueue(request: WorkerQueueRequest, id: string): WorkerQueue {
  const { name, astroMachine, minWorkerCount, maxWorkerCount, workerConcurrency } = request;
  return {
    id,
    name,
    isDefault: name === 'default',
    astroMachine,
    minWorkerCount,
    maxWorkerCount,
    workerConcurrency,
  };
}

function oneQueueErrors(queue: WorkerQueueRequest, field: string): FieldError[] {
  const { name, isDefault, minWorkerCount, maxWorkerCount, workerConcurrency, podEphemeralStorage } = queue;
  const errors: FieldError[] = [];
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > LONGEST_NAME) {
    errors.push(
      wrong(`${field}.name`, `must be at most ${LONGEST_NAME} lower case letters, digits and hyphens`),
    );
  }
  if (isDefault !== undefined && isDefault !== (name === 'default')) {
    errors.push(wrong(`${field}.isDefault`, 'must be true for the queue named default and for no other'));
  }
  if (minWorkerCount < 0) errors.push(wrong(`${field}.minWorkerCount`, 'must be 0 or more'));
  if (maxWorkerCount < 1 || maxWorkerCount > MOST_WORKERS) {
    errors.push(wrong(`${field}.maxWorkerCount`, `must be from 1 to ${MOST_WORKERS}`));
  }
  if (minWorkerCount > maxWorkerCount) {
    errors.push(wrong(`${field}.minWorkerCount`, 'must not be above maxWorkerCount'));
  }
  if (workerConcurrency < 1 || workerConcurrency > MOST_CONCURRENCY) {
    errors.push(wrong(`${field}.workerConcurrency`, `must be from 1 to ${MOST_CONCURRENCY}`));
  }
  if (podEphemeralStorage) {
    errors.push(wrong(`${field}.podEphemeralStorage`, 'is not offered; leave it out'));
  }
  return errors;
}

function wrong(field: string, message: string): FieldError {
  return { field, code: 'invalid_worker_queue', message };
}
