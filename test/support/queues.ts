/** A queue as a request has it: the default one, but for these fields. */
export const queue = (changes: object = {}) => ({
  name: 'default',
  isDefault: true,
  astroMachine: 'A5',
  minWorkerCount: 0,
  maxWorkerCount: 5,
  workerConcurrency: 5,
  ...changes,
});

/** A queue beside the default one. */
const other = (name: string, changes: object = {}) => queue({ name, isDefault: false, ...changes });

/** Queues that no deployment may have, and the field that is wrong. */
export const WRONG_QUEUES: [{ workerQueues: object[] }, string][] = [
  [{ workerQueues: [] }, 'workerQueues'],
  [{ workerQueues: [other('other')] }, 'workerQueues'],
  [{ workerQueues: [queue(), queue()] }, 'workerQueues[1].name'],
  [{ workerQueues: [queue({ isDefault: false })] }, 'workerQueues[0].isDefault'],
  [{ workerQueues: [queue({ minWorkerCount: 3, maxWorkerCount: 2 })] }, 'workerQueues[0].minWorkerCount'],
  [{ workerQueues: [queue({ minWorkerCount: -1 })] }, 'workerQueues[0].minWorkerCount'],
  [{ workerQueues: [queue({ maxWorkerCount: 0 })] }, 'workerQueues[0].maxWorkerCount'],
  [{ workerQueues: [queue({ maxWorkerCount: 101 })] }, 'workerQueues[0].maxWorkerCount'],
  [{ workerQueues: [queue({ astroMachine: 'A1000' })] }, 'workerQueues[0].astroMachine'],
  [{ workerQueues: [queue({ workerConcurrency: 0 })] }, 'workerQueues[0].workerConcurrency'],
  [{ workerQueues: [queue({ workerConcurrency: 65 })] }, 'workerQueues[0].workerConcurrency'],
  [{ workerQueues: [queue(), other('a'.repeat(64))] }, 'workerQueues[1].name'],
  [{ workerQueues: [queue(), other('Big one')] }, 'workerQueues[1].name'],
  [{ workerQueues: [queue(), other('big', { isDefault: true })] }, 'workerQueues[1].isDefault'],
  [{ workerQueues: [queue(), other('big'), other('big')] }, 'workerQueues[2].name'],
  [{ workerQueues: [queue(), other('a', { id: 'c1' }), other('b', { id: 'c1' })] }, 'workerQueues[2].id'],
  [{ workerQueues: [queue(), ...Array.from({ length: 20 }, (_, n) => other(`q${n}`))] }, 'workerQueues'],
];
