import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Call, InstanceData, Ready } from './messages.ts';
import { nameSourcesInStackTraces } from './stack-trace.ts';

/**
 * The thread that a function runs in: loads the module that exports `handler`, then answers calls, several at a
 * time when they come so. A module that does not load ends the thread with its error.
 */
if (parentPort === null) throw new Error('local/lambda/worker.ts runs as a worker thread of the Lambda host');
const port = parentPort;
const instance: InstanceData = workerData;

if (instance.handler.endsWith('.cjs')) nameSourcesInStackTraces(instance.handler);
const handler = load(instance.handler);

port.on('message', (message: Call) => {
  void answer(message).then((reply) => port.postMessage(reply));
});

port.postMessage({ status: 'ready' } satisfies Ready);

/** By `require`, which takes bundles and ES modules; `import` would read a bundle twice, for its exports' names. */
function load(path: string): (event: unknown, context: unknown) => unknown {
  const { handler }: { handler: unknown } = createRequire(import.meta.url)(path);
  if (typeof handler !== 'function') throw new Error(`${path} exports no function named handler`);
  return (event, context): unknown => handler(event, context);
}

async function answer(request: Call): Promise<Answer> {
  try {
    const result = await handler(JSON.parse(request.payload), contextOf(request));
    return { id: request.id, status: 'succeeded', payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    const thrown = error instanceof Error ? error : new Error(String(error));
    const trace = (thrown.stack ?? '').split('\n').map((line) => line.trim());
    return { id: request.id, status: 'failed', errorType: thrown.name, errorMessage: thrown.message, trace };
  }
}

/** The context object, https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html. */
function contextOf({ id, deadline }: Call) {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: instance.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: instance.arn,
    memoryLimitInMB: String(instance.memory),
    awsRequestId: id,
    logGroupName: `/aws/lambda/${instance.name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}
