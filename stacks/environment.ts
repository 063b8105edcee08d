import type { Environment } from '../core/environment.ts';
import { gateway } from './api.ts';
import { bucket } from './bucket.ts';
import { bus } from './bus.ts';
import { cell } from './cell.ts';
import { mail } from './mail.ts';
import { functionName, machineName } from './names.ts';
import { platformSecret } from './secret.ts';
import { account, region } from './stage.ts';
import { table } from './table.ts';

/** What every function is told, `core/environment.ts`; Lambda itself sets AWS_REGION. */
export const environment: Record<Exclude<keyof Environment, 'AWS_REGION'>, $util.Input<string>> = {
  TABLE_NAME: table.name,
  BUS_NAME: bus.name,
  BUCKET_NAME: bucket.name,
  OPERATE_ARN: machineArn('operate'),
  REMOVE_ARN: machineArn('remove'),
  REPORT_ARN: $interpolate`arn:aws:lambda:${region}:${account}:function:${functionName('report')}`,
  SIGNING_SECRET_ARN: platformSecret.arn,
  MAIL_FROM: mail.emailIdentity,
  PUBLIC_URL: gateway.url.apply((url) => url.replace(/\/$/, '')),
  RATE_LIMIT_FACTOR: '1',
  CELL: $jsonStringify(cell),
};

function machineArn(machine: Parameters<typeof machineName>[0]): $util.Output<string> {
  return $interpolate`arn:aws:states:${region}:${account}:stateMachine:${machineName(machine)}`;
}
