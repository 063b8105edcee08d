import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFolder, startEndpoints, type TestEndpoints, testFunction } from '../support/endpoints.ts';
import { createMachines, lambda } from './support.ts';

const folder = createFolder();
let endpoints: TestEndpoints;
const machines = createMachines(() => endpoints.url);
let created = 0;

beforeAll(async () => {
  endpoints = await startEndpoints(folder, {
    functions: [testFunction('behave', 'behave', { kind: 'step' }, { timeout: 60 })],
  });
});
afterAll(async () => {
  await endpoints.close();
  folder.remove();
});

/** Runs a machine with these states and answers how it ended. */
async function run(StartAt: string, States: object, input: unknown = {}, rest: object = {}) {
  created += 1;
  const machine = await machines.create(`machine-${created}`, { StartAt, States, ...rest });
  const { status, output, error, cause } = await machines.ended(await machines.start(machine, 'one', input));
  return { status, output: output === undefined ? undefined : JSON.parse(output), error, cause };
}
const behave = { Type: 'Task', Resource: lambda('behave') };

test('a task is given its parameters, and its result is put where the state says', async () => {
  const Parameters = { echo: { 'of.$': '$.name', fixed: 1 } };
  const result = await run(
    'Ask',
    {
      Ask: { ...behave, Parameters, ResultSelector: { 'kept.$': '$.of' }, ResultPath: '$.answer', End: true },
    },
    { name: 'n', list: [1, 2] },
  );
  expect(result).toMatchObject({
    status: 'SUCCEEDED',
    output: { name: 'n', list: [1, 2], answer: { kept: 'n' } },
  });
});

test.each([null, [1, [2]], 'text', 0, false, {}])(
  'any JSON passes from state to state: %j',
  async (value) => {
    const States = {
      Ask: { ...behave, Parameters: { 'echo.$': '$.value' }, Next: 'Pass' },
      Pass: { Type: 'Pass', Next: 'Done' },
      Done: { Type: 'Succeed' },
    };
    expect(await run('Ask', States, { value })).toMatchObject({ status: 'SUCCEEDED', output: value });
  },
);

test('a choice leads on, and one that matches nothing fails', async () => {
  const Choices = [{ Variable: '$.go', StringEquals: 'left', Next: 'Left' }];
  const Left = { Type: 'Pass', Result: 'went left', End: true };
  const Right = { Type: 'Pass', Result: 'went right', End: true };
  const withDefault = { Choose: { Type: 'Choice', Choices, Default: 'Right' }, Left, Right };
  expect(await run('Choose', withDefault, { go: 'left' })).toMatchObject({ output: 'went left' });
  expect(await run('Choose', withDefault, { go: 'on' })).toMatchObject({ output: 'went right' });
  const without = { Choose: { Type: 'Choice', Choices }, Left };
  expect(await run('Choose', without, { go: 'on' })).toMatchObject({
    status: 'FAILED',
    error: 'States.NoChoiceMatched',
  });
});

test('an error is caught by its name, with its cause', async () => {
  const States = {
    Ask: {
      ...behave,
      Parameters: { throws: { name: 'Refused', message: 'no room' } },
      Catch: [
        { ErrorEquals: ['Other'], Next: 'Wrong' },
        { ErrorEquals: ['Refused'], ResultPath: '$.error', Next: 'Caught' },
      ],
      End: true,
    },
    Wrong: { Type: 'Fail', Error: 'Wrong' },
    Caught: { Type: 'Pass', End: true },
  };
  const { output } = await run('Ask', States, { kept: 1 });
  expect(output.kept).toBe(1);
  expect(output.error.Error).toBe('Refused');
  expect(JSON.parse(output.error.Cause)).toEqual({ errorType: 'Refused', errorMessage: 'no room' });
});

test('an error that nobody catches fails the execution', async () => {
  const Parameters = { throws: { name: 'Refused', message: 'no room' } };
  expect(await run('Ask', { Ask: { ...behave, Parameters, End: true } })).toMatchObject({
    status: 'FAILED',
    error: 'Refused',
    cause: JSON.stringify({ errorType: 'Refused', errorMessage: 'no room' }),
  });
  expect(await run('No', { No: { Type: 'Fail', Error: 'Nope', Cause: 'because' } })).toMatchObject({
    status: 'FAILED',
    error: 'Nope',
    cause: 'because',
  });
});

test('a task is retried as its state says', async () => {
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1, BackoffRate: 1 }];
  const before = Date.now();
  await run('Ask', {
    Ask: { ...behave, Parameters: { throws: { name: 'E', message: '' } }, Retry, End: true },
  });
  expect(Date.now() - before).toBeGreaterThanOrEqual(1_000);
});

test('a task that outlives its time fails with States.Timeout', async () => {
  const States = { Ask: { ...behave, TimeoutSeconds: 1, Parameters: { sleepMs: 60_000 }, End: true } };
  expect(await run('Ask', States)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
});

test('an execution that outlives its time is TIMED_OUT', async () => {
  const States = { Wait: { Type: 'Wait', Seconds: 60, End: true } };
  expect(await run('Wait', States, {}, { TimeoutSeconds: 1 })).toMatchObject({
    status: 'TIMED_OUT',
    error: 'States.Timeout',
  });
});

test('a wait takes its seconds from the input, and passes the input on', async () => {
  const before = Date.now();
  const States = {
    Wait: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Done' },
    Done: { Type: 'Succeed' },
  };
  expect(await run('Wait', States, { seconds: 1 })).toMatchObject({ output: { seconds: 1 } });
  expect(Date.now() - before).toBeGreaterThanOrEqual(1_000);
});

test("the context names the execution, and its time is the platform's clock's", async () => {
  endpoints.clock.advance(3_600_000);
  const Parameters = {
    echo: {
      'execution.$': '$$.Execution.Name',
      'state.$': '$$.State.Name',
      'now.$': '$$.State.EnteredTime',
      'machine.$': '$$.StateMachine.Name',
    },
  };
  const before = endpoints.clock.now();
  const { output } = await run('Ask', { Ask: { ...behave, Parameters, End: true } });
  expect(output).toMatchObject({ execution: 'one', state: 'Ask', machine: `machine-${created}` });
  expect(Date.parse(output.now)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(output.now)).toBeLessThanOrEqual(endpoints.clock.now());
});

test('a result larger than Step Functions takes fails', async () => {
  const Parameters = { large: 300_000 };
  expect(await run('Ask', { Ask: { ...behave, Parameters, End: true } })).toMatchObject({
    status: 'FAILED',
    error: 'States.DataLimitExceeded',
  });
});

test.each([
  ['a missing state', { Ask: { ...behave, Next: 'Nowhere' } }],
  [
    'Map',
    {
      Ask: { Type: 'Map', Iterator: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } }, End: true },
    },
  ],
  [
    'a resource that is no function',
    { Ask: { Type: 'Task', Resource: 'arn:aws:states:::ecs:runTask.sync', End: true } },
  ],
  ['JSONata', { Ask: { ...behave, QueryLanguage: 'JSONata', End: true } }],
  ['variables', { Ask: { ...behave, Assign: { x: 1 }, End: true } }],
  ['$$.Execution.Input', { Ask: { ...behave, Parameters: { 'x.$': '$$.Execution.Input' }, End: true } }],
])('a definition with %s is refused', async (_what, States) => {
  await expect(machines.create('refused', { StartAt: 'Ask', States })).rejects.toMatchObject({
    name: 'InvalidDefinition',
  });
});
