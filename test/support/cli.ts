import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { isFree } from '../../local/ports.ts';
import { type Astro, createAstro } from './astro.ts';
import { signUp, type Tenant } from './client.ts';
import { createDeployment, type Deployment, healthy, leaveTrial } from './deployment.ts';
import { createPlatform, type Platform, until } from './platform.ts';

/** The only port of a local platform that the CLI knows. */
const PORT = 8888;

/** A platform where the CLI finds it, somebody who signed up there, and the CLI itself. */
export interface CliPlatform {
  readonly platform: Platform;
  readonly tenant: Tenant;
  readonly astro: Astro;
  /** An empty folder for projects and files. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts one; `runner` is another program than that of `npm start`. */
export async function startCliPlatform(runner?: string): Promise<CliPlatform> {
  await until(() => isFree(PORT), {
    seconds: 60,
    what: () => `port ${PORT} to be free: the CLI knows no other, so end the program that has it`,
  });
  const platform = await createPlatform({ port: PORT, ...(runner === undefined ? {} : { runner }) });
  const astro = await createAstro();
  const stop = async () => {
    await platform.destroy();
    await astro.remove();
  };
  return await orStop(stop, async () => {
    await platform.start();
    const folder = await mkdtemp(join(astro.home, 'files-'));
    return { platform, tenant: await signUp(platform), astro, folder, stop };
  });
}

/**
 * Starts one with the deployment `forecast`, whose Airflow's part is played by a stand-in: what is looked at is what the
 * CLI sends, and shows. The CLI is logged in.
 */
export async function startForecast(): Promise<CliPlatform & { readonly deployment: Deployment }> {
  const cli = await startCliPlatform('test/support/stand-in-runner.ts');
  const { platform, tenant, astro, stop } = cli;
  return await orStop(stop, async () => {
    await leaveTrial(platform, tenant);
    await createDeployment(tenant, { name: 'forecast' });
    const deployment = await healthy(tenant, 'forecast');
    await astro.done(['login', 'localhost', '--token-login', tenant.token]);
    return { ...cli, deployment };
  });
}

async function orStop<T>(stop: () => Promise<void>, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    await stop();
    throw error;
  }
}
