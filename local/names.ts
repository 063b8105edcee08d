import { ACCOUNT, arn, REGION } from './endpoint/service.ts';

/** What this cloud calls the things that the catalog's grants speak of. */
export const names = {
  region: REGION,
  account: ACCOUNT,
  table: 'windsock',
  bus: 'windsock',
  bucket: 'windsock',
  cluster: 'windsock',
  operate: 'windsock-operate',
  remove: 'windsock-remove',
  platformSecret: 'windsock/platform',
  executionRole: 'windsock-execution',
  /** The address that the platform's mail comes from. */
  mailFrom: 'windsock@localhost.localdomain',
} as const;

/** The secrets that hold the passwords of Postgres' superuser and of Redis' administrator. */
export const DATABASE_SECRET = 'windsock/database';
export const BROKER_SECRET = 'windsock/broker';

export function stateMachineArn(machine: 'operate' | 'remove'): string {
  return arn('states', `stateMachine:${names[machine]}`);
}
