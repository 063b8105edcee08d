import type { FunctionEntry } from '../functions/catalog.ts';
import { gateway } from './api.ts';
import { bus } from './bus.ts';
import { LOG_GROUP_PREFIX } from './cell.ts';
import { componentName, functions } from './functions.ts';
import { account, region } from './stage.ts';
import { table } from './table.ts';

for (const { entry, function: target } of functions) connect(entry, target.arn);

/** Gives a function what the catalog says calls it; state machines (`step`) name theirs in `workflow.ts`. */
function connect(entry: FunctionEntry, arn: $util.Output<string>): void {
  const { trigger } = entry;
  switch (trigger.kind) {
    case 'http':
      gateway.route('$default', arn);
      return;
    case 'event':
      bus.subscribe(componentName(entry), arn, {
        pattern: { source: ['windsock'], detailType: [...trigger.detailTypes] },
      });
      return;
    case 'stream':
      table.subscribe(componentName(entry), arn, {
        transform: {
          eventSourceMapping: {
            batchSize: trigger.batchSize,
            functionResponseTypes: ['ReportBatchItemFailures'],
          },
        },
      });
      return;
    case 'log':
      new aws.lambda.Permission(`${componentName(entry)}Permission`, {
        action: 'lambda:InvokeFunction',
        function: arn,
        principal: 'logs.amazonaws.com',
        sourceArn: $interpolate`arn:aws:logs:${region}:${account}:log-group:${LOG_GROUP_PREFIX}/*:*`,
      });
      return;
    case 'schedule':
      new sst.aws.Cron(`${componentName(entry)}Schedule`, {
        schedule: trigger.rate,
        function: arn,
        // SST's constant input would replace the event, and with it the time that the function goes by.
        transform: { target: (args) => void delete args.input },
      });
      return;
    case 'step':
      return;
  }
}
