import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { as } from '../support/endpoints.ts';
import { eventually } from '../support/home.ts';

/** The ARN by which a state machine names a function. */
export const lambda = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** A state machine's user: the platform itself. */
export function createMachines(url: () => string) {
  const client = () => new SFNClient(as('runner', url()));
  const describe = (executionArn: string) => client().send(new DescribeExecutionCommand({ executionArn }));
  return {
    client,
    describe,
    async create(name: string, definition: object): Promise<string> {
      const roleArn = 'arn:aws:iam::000000000000:role/machine';
      const command = new CreateStateMachineCommand({
        name,
        definition: JSON.stringify(definition),
        roleArn,
      });
      return (await client().send(command)).stateMachineArn ?? '';
    },
    async start(stateMachineArn: string, name: string, input: unknown = {}): Promise<string> {
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      return (await client().send(command)).executionArn ?? '';
    },
    async ended(executionArn: string, milliseconds = 30_000): Promise<DescribeExecutionCommandOutput> {
      const isOver = async () => (await describe(executionArn)).status !== 'RUNNING';
      await eventually(`${executionArn} ended`, isOver, milliseconds);
      return describe(executionArn);
    },
  };
}
