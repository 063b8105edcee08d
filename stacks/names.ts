import { bucket } from './bucket.ts';
import { bus } from './bus.ts';
import { executionRole } from './execution.ts';
import { mail } from './mail.ts';
import { cluster } from './network.ts';
import { platformSecret } from './secret.ts';
import { account, prefix, region } from './stage.ts';
import { table } from './table.ts';

/** What this stage calls the things that the catalog's grants speak of. */
export const names = $resolve({
  region,
  account,
  table: table.name,
  bus: bus.name,
  bucket: bucket.name,
  cluster: cluster.nodes.cluster.name,
  operate: machineName('operate'),
  remove: machineName('remove'),
  platformSecret: platformSecret.name,
  executionRole: executionRole.name,
  mailFrom: mail.emailIdentity,
});

/** A function's name, known before the function is there. */
export function functionName(name: string): string {
  return `${prefix}-${name}`;
}

/** A state machine's name, known before the machine is there: its functions are told its ARN, and it theirs. */
export function machineName(machine: 'operate' | 'remove'): string {
  return `${prefix}-${machine}`;
}
