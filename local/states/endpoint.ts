import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import { parseInput } from '../endpoint/json.ts';
import { arn, type Service, ServiceError } from '../endpoint/service.ts';
import type { LambdaHost } from '../lambda/host.ts';
import { readDefinition, readKnownDefinition } from './definition.ts';
import { createDriver } from './driver.ts';
import { type Execution, executionStatus, openJournal } from './journal.ts';

export interface States extends Service {
  /** Goes on with every execution that was running. */
  start(): void;
  /** Leaves executions where they stand, for the next start. */
  stop(): Promise<void>;
}

export interface StatesOptions {
  readonly host: LambdaHost;
  readonly clock: Clock;
  /** SQLite file of the machines and the journal of their executions. */
  readonly path: string;
  readonly onError: (message: string, error: unknown) => void;
}

const name = z
  .string()
  .regex(/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u, 'must be 1 to 80 characters without special ones');
const ofMachine = z.object({ stateMachineArn: z.string().min(1) });
const ofExecution = z.object({ executionArn: z.string().min(1) });
const createStateMachine = z.object({ name, definition: z.string().min(1), roleArn: z.string().min(1) });
const updateStateMachine = ofMachine.extend({
  definition: z.string().min(1).optional(),
  roleArn: z.string().min(1).optional(),
});
const startExecution = ofMachine.extend({ name: name.optional(), input: z.string().default('{}') });
const stopExecution = ofExecution.extend({ error: z.string().default(''), cause: z.string().default('') });
const listExecutions = ofMachine.extend({
  statusFilter: executionStatus.optional(),
  maxResults: z.int().min(0).max(1000).default(100),
  nextToken: z.string().regex(/^\d+$/).optional(),
});

/** Step Functions: standard workflows whose tasks are Lambda functions. */
export function createStates({ host, clock, path, onError }: StatesOptions): States {
  const journal = openJournal(path);
  const driver = createDriver(journal, host, clock, onError);

  function machineOf(stateMachineArn: string) {
    const machine = journal.machine(stateMachineArn);
    if (machine !== undefined) return machine;
    throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
  }

  function executionOf(executionArn: string): Execution {
    const execution = journal.execution(executionArn);
    if (execution !== undefined) return execution;
    throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
  }

  return {
    name: 'states',
    target: 'AWSStepFunctions',
    jsonVersion: '1.0',
    resources(action, input) {
      if (action === 'CreateStateMachine') {
        return [machineArn(createStateMachine.safeParse(input).data?.name ?? '*')];
      }
      const named = z
        .object({ stateMachineArn: z.string().optional(), executionArn: z.string().optional() })
        .safeParse(input).data;
      return [named?.stateMachineArn ?? named?.executionArn ?? '*'];
    },
    actions: {
      CreateStateMachine(input) {
        const created = parseInput(createStateMachine, input);
        const stateMachineArn = machineArn(created.name);
        const kept = journal.machine(stateMachineArn);
        if (kept !== undefined && kept.definition !== created.definition) {
          throw new ServiceError(
            'StateMachineAlreadyExists',
            `State Machine Already Exists: '${stateMachineArn}'`,
          );
        }
        if (kept !== undefined) return { stateMachineArn, creationDate: kept.created / 1000 };
        readDefinition(created.definition);
        const machine = { ...created, arn: stateMachineArn, role: created.roleArn, created: clock.now() };
        journal.putMachine(machine);
        return { stateMachineArn, creationDate: machine.created / 1000 };
      },
      UpdateStateMachine(input) {
        const { stateMachineArn, definition, roleArn } = parseInput(updateStateMachine, input);
        const machine = machineOf(stateMachineArn);
        if (definition !== undefined && definition !== machine.definition) readDefinition(definition);
        journal.putMachine({
          ...machine,
          definition: definition ?? machine.definition,
          role: roleArn ?? machine.role,
        });
        return { updateDate: clock.now() / 1000 };
      },
      DescribeStateMachine(input) {
        const machine = machineOf(parseInput(ofMachine, input).stateMachineArn);
        return {
          stateMachineArn: machine.arn,
          name: machine.name,
          status: 'ACTIVE',
          definition: machine.definition,
          roleArn: machine.role,
          type: 'STANDARD',
          creationDate: machine.created / 1000,
        };
      },
      async StartExecution(input) {
        const request = parseInput(startExecution, input);
        const machine = machineOf(request.stateMachineArn);
        const executionName = request.name ?? randomUUID();
        const first = readInput(request.input);
        const executionArn = machine.arn.replace(':stateMachine:', ':execution:').concat(`:${executionName}`);
        const { StartAt, TimeoutSeconds } = readKnownDefinition(machine.definition);
        const execution = {
          arn: executionArn,
          name: executionName,
          machine: machine.arn,
          definition: machine.definition,
          input: request.input,
          started: clock.now(),
          expires: TimeoutSeconds === undefined ? null : Date.now() + TimeoutSeconds * 1000,
        };
        const entry = await driver.entry(execution, StartAt, first);
        const isNew = journal.start(execution, entry);
        const kept = executionOf(executionArn);
        if (!isNew && !isSame(kept, request.input)) {
          throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
        }
        driver.resume(executionArn);
        return { executionArn, startDate: kept.started / 1000 };
      },
      DescribeExecution(input) {
        const execution = executionOf(parseInput(ofExecution, input).executionArn);
        const { output, error, cause } = execution;
        return {
          ...summary(execution),
          input: execution.input,
          ...(output === null ? {} : { output }),
          ...(error === null ? {} : { error }),
          ...(cause === null ? {} : { cause }),
        };
      },
      StopExecution(input) {
        const { executionArn, error, cause } = parseInput(stopExecution, input);
        executionOf(executionArn);
        journal.end(executionArn, { status: 'ABORTED', error, cause }, clock.now());
        driver.abort(executionArn);
        return { stopDate: (executionOf(executionArn).stopped ?? clock.now()) / 1000 };
      },
      ListExecutions(input) {
        const { stateMachineArn, statusFilter, maxResults, nextToken } = parseInput(listExecutions, input);
        const { arn: machine } = machineOf(stateMachineArn);
        const limit = maxResults === 0 ? 100 : maxResults;
        const offset = Number(nextToken ?? 0);
        const found = journal.list(machine, statusFilter ?? null, limit + 1, offset);
        return {
          executions: found.slice(0, limit).map(summary),
          ...(found.length > limit ? { nextToken: String(offset + limit) } : {}),
        };
      },
    },
    start() {
      journal.forgetOld(clock.now());
      for (const executionArn of journal.running()) driver.resume(executionArn);
    },
    async stop() {
      await driver.stop();
      journal.close();
    },
  };
}

function machineArn(machineName: string): string {
  return arn('states', `stateMachine:${machineName}`);
}

/** The same start again: AWS answers the execution that runs, and compares inputs as JSON. */
function isSame(execution: Execution, input: string): boolean {
  return execution.status === 'RUNNING' && isDeepStrictEqual(JSON.parse(execution.input), JSON.parse(input));
}

function readInput(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw new ServiceError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: ${String(error)}`,
    );
  }
}

function summary({ arn: executionArn, machine, name: executionName, status, started, stopped }: Execution) {
  return {
    executionArn,
    stateMachineArn: machine,
    name: executionName,
    status,
    startDate: started / 1000,
    ...(stopped === null ? {} : { stopDate: stopped / 1000 }),
  };
}
