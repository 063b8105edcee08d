import { setTimeout as wait } from 'node:timers/promises';
import {
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { endpointsOfEachTest } from '../support/each-test.ts';
import { as, type EndpointsProcess, testFunction } from '../support/endpoints.ts';
import { eventually } from '../support/home.ts';
import { createMachines, lambda } from './support.ts';

const machineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:m';
const functions = [
  testFunction('step', 'record', { kind: 'step' }),
  testFunction(
    'starter',
    'behave',
    { kind: 'step' },
    {
      grants: [{ actions: ['states:StartExecution'], resources: [machineArn] }],
    },
  ),
];
const step = (name: string, next: object, rest: object = {}) => ({
  Type: 'Task',
  Resource: lambda('step'),
  Parameters: { step: name, 'now.$': '$$.State.EnteredTime' },
  ResultPath: null,
  ...rest,
  ...next,
});
const waiting = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } };

const local = endpointsOfEachTest();
let url = () => '';
const machines = createMachines(() => url());

async function inThisProcess() {
  const started = await local.start({ functions });
  url = () => started.url;
}
async function inAChild(sleepMs: number): Promise<EndpointsProcess> {
  const started = await local.launch({ functions, sleepMs });
  url = started.url;
  return started;
}
const steps = () =>
  local.folder.recorded().map((event) => z.object({ step: z.string(), now: z.iso.datetime() }).parse(event));

test('a name with the same input starts one execution; another input is refused', async () => {
  await inThisProcess();
  const machine = await machines.create('m', waiting);
  const first = await machines.start(machine, 'op-1', { a: 1, b: 2 });
  expect(await machines.start(machine, 'op-1', { b: 2, a: 1 })).toBe(first);
  await expect(machines.start(machine, 'op-1', { a: 2 })).rejects.toMatchObject({
    name: 'ExecutionAlreadyExists',
  });
});

test('the name of an execution that ended stays taken', async () => {
  await inThisProcess();
  const machine = await machines.create('m', { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } });
  await machines.ended(await machines.start(machine, 'op-1'));
  await expect(machines.start(machine, 'op-1')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
});

test('two hundred starts of one name at the same time start one execution', async () => {
  await inThisProcess();
  const machine = await machines.create('m', {
    StartAt: 'A',
    States: { A: step('A', { Next: 'Wait' }), Wait: { Type: 'Wait', Seconds: 600, End: true } },
  });
  const arns = await Promise.all(Array.from({ length: 200 }, () => machines.start(machine, 'op-1')));
  expect(new Set(arns).size).toBe(1);
  await eventually('the first step ran', () => steps().length > 0);
  expect(steps()).toHaveLength(1);
});

test('an execution can be stopped, and stays so', async () => {
  await inThisProcess();
  const machine = await machines.create('m', waiting);
  const executionArn = await machines.start(machine, 'op-1');
  const stop = new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'by hand' });
  await machines.client().send(stop);
  await machines.client().send(stop);
  expect(await machines.describe(executionArn)).toMatchObject({
    status: 'ABORTED',
    error: 'Stopped',
    cause: 'by hand',
    stopDate: expect.any(Date),
  });
});

test('executions are listed by status, newest first, in pages', async () => {
  await inThisProcess();
  const machine = await machines.create('m', waiting);
  for (const name of ['a', 'b', 'c']) await machines.start(machine, name);
  await machines
    .client()
    .send(new StopExecutionCommand({ executionArn: await machines.start(machine, 'b') }));
  const list = (rest: object) =>
    machines.client().send(new ListExecutionsCommand({ stateMachineArn: machine, ...rest }));
  const running = await list({ statusFilter: 'RUNNING' });
  expect(running.executions?.map(({ name }) => name)).toEqual(['c', 'a']);
  const page = await list({ maxResults: 2 });
  const rest = await list({ maxResults: 2, nextToken: page.nextToken });
  expect([...(page.executions ?? []), ...(rest.executions ?? [])].map(({ name }) => name)).toEqual([
    'c',
    'b',
    'a',
  ]);
});

test('an updated machine runs its new definition from the next execution on', async () => {
  await inThisProcess();
  const machine = await machines.create('m', {
    StartAt: 'Wait',
    States: {
      Wait: { Type: 'Wait', Seconds: 1, Next: 'Old' },
      Old: { Type: 'Pass', Result: 'old', End: true },
    },
  });
  const before = await machines.start(machine, 'before');
  const definition = JSON.stringify({
    StartAt: 'New',
    States: { New: { Type: 'Pass', Result: 'new', End: true } },
  });
  await machines.client().send(new UpdateStateMachineCommand({ stateMachineArn: machine, definition }));
  const described = await machines
    .client()
    .send(new DescribeStateMachineCommand({ stateMachineArn: machine }));
  expect(described.definition).toBe(definition);
  expect((await machines.ended(await machines.start(machine, 'after'))).output).toBe('"new"');
  expect((await machines.ended(before)).output).toBe('"old"');
});

test('machines and executions that are not there, and names that cannot be, are told', async () => {
  await inThisProcess();
  await expect(machines.start(machineArn, 'a')).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  const none = machineArn.replace('stateMachine', 'execution').concat(':none');
  await expect(machines.describe(none)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  await machines.create('m', waiting);
  await expect(machines.start(machineArn, 'a b')).rejects.toMatchObject({ name: 'ValidationException' });
});

test('starting is granted by the machine', async () => {
  await inThisProcess();
  await machines.create('m', waiting);
  await machines.create('n', waiting);
  const starter = new SFNClient(as('function-starter', url()));
  await starter.send(new StartExecutionCommand({ stateMachineArn: machineArn, name: 'a' }));
  const other = new StartExecutionCommand({ stateMachineArn: machineArn.replace(/m$/, 'n'), name: 'a' });
  await expect(starter.send(other)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('states:StartExecution'),
  });
});

test('kill -9 at any moment: the execution goes on at the step that was interrupted', async () => {
  const running = await inAChild(500);
  const names = ['A', 'B', 'C', 'D', 'E', 'F'];
  const States = Object.fromEntries(
    names.map((name, index) => [name, step(name, index === 5 ? { End: true } : { Next: names[index + 1] })]),
  );
  const machine = await machines.create('m', { StartAt: 'A', States });
  const executionArn = await machines.start(machine, 'op-1', { kept: true });
  for (const name of names.slice(0, 4)) {
    await eventually(`${name} began`, () => steps().some(({ step }) => step === name), 20_000);
    await running.kill();
    await running.start();
  }
  expect(await machines.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '{"kept":true}' });
  const order = steps().map((ran) => ran.step);
  expect([...new Set(order)]).toEqual(names);
  expect(order).toEqual(order.toSorted());
  expect(order.length).toBeLessThanOrEqual(names.length + 4);
  const times = new Set(steps().map((ran) => `${ran.step} ${ran.now}`));
  expect(times.size).toBe(names.length);
});

test('kill -9 while it waits: the wait goes on, and does not begin anew', async () => {
  const running = await inAChild(0);
  const machine = await machines.create('m', {
    StartAt: 'Wait',
    States: { Wait: { Type: 'Wait', Seconds: 12, End: true } },
  });
  const started = Date.now();
  const executionArn = await machines.start(machine, 'op-1');
  await wait(10_000);
  await running.kill();
  await running.start();
  const restarted = Date.now();
  const stopped = (await machines.ended(executionArn)).stopDate?.getTime() ?? 0;
  expect(stopped - started).toBeGreaterThanOrEqual(12_000);
  expect(stopped - restarted).toBeLessThan(12_000);
});

test('kill -9 right after a start was answered: it runs', async () => {
  const running = await inAChild(0);
  const machine = await machines.create('m', { StartAt: 'A', States: { A: step('A', { End: true }) } });
  for (const name of ['a', 'b', 'c']) {
    const executionArn = await machines.start(machine, name);
    await running.kill();
    await running.start();
    expect(await machines.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  }
});
