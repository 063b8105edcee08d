/** Runs `sst.config.ts` against a stand-in for AWS and prints every resource that was asked for, as JSON. */
import * as amazon from '@pulumi/aws';
import * as components from '../../.sst/platform/src/components/index.ts';
import config from '../../sst.config.ts';
import { createCloud } from './cloud.ts';

const cloud = createCloud();
Object.assign(globalThis, { aws: amazon, sst: components });
await $util.runtime.setMocks(cloud, $app.name, $app.stage);
Object.assign($app, await config.app({ stage: $app.stage }));
// Resources are asked for as the outputs of others come in; when nothing is left to do, all have been.
process.once('beforeExit', () => process.stdout.write(JSON.stringify(cloud.resources)));
await config.run();
