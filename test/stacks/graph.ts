import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { newPlatformSecret } from '../../core/platform/secret.ts';
import { type Resource, Resources } from './cloud.ts';
import { createEngine } from './engine.ts';
import { esbuild, platform, root } from './esbuild.ts';

const Address = z.object({ port: z.number() });

/**
 * Every resource that `sst deploy` would ask for in a stage. The config is bundled and run in a process of its own,
 * as SST does it.
 */
export async function buildGraph(stage: string): Promise<readonly Resource[]> {
  const engine = createEngine().listen(0, '127.0.0.1');
  await once(engine, 'listening');
  const { port } = Address.parse(engine.address());
  const program = join(platform, `test.${stage}.mjs`);
  try {
    await bundleProgram(program, stage);
    const { stdout } = await promisify(execFile)(process.execPath, [program], {
      maxBuffer: 2 ** 26,
      env: {
        PATH: process.env.PATH,
        SST_SERVER: `http://127.0.0.1:${port}`,
        SST_SECRET_PlatformKeys: JSON.stringify(newPlatformSecret('operator-token-of-this-test-only')),
        WINDSOCK_DOMAIN: 'windsock.example.com',
        WINDSOCK_MAIL_FROM: 'windsock@example.com',
      },
    });
    return Resources.parse(JSON.parse(stdout));
  } finally {
    engine.close();
  }
}

/** The config with SST's components, and the globals that a config file may use. */
async function bundleProgram(outfile: string, stage: string): Promise<void> {
  const globals = {
    $app: { name: 'windsock', stage },
    $dev: false,
    $cli: {
      command: 'deploy',
      paths: { root, work: join(root, '.sst'), platform, home: join(root, '.sst/home') },
      state: { version: {} },
    },
  };
  await esbuild({
    entryPoints: [join(root, 'test/stacks/program.ts')],
    outfile,
    packages: 'external',
    inject: [join(platform, 'src/shim/run.js')],
    banner: { js: `Object.assign(globalThis, ${JSON.stringify(globals)});` },
  });
}
