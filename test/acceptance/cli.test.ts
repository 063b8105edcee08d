import { randomBytes } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Airflow, airflowOf } from '../support/airflow.ts';
import { type Astro, createAstro } from '../support/astro.ts';
import { newPage, startBrowser } from '../support/browser.ts';
import { type CliPlatform, startCliPlatform } from '../support/cli.ts';
import type { Tenant } from '../support/client.ts';
import { type Deployment, deployments, healthy, leaveTrial, removed } from '../support/deployment.ts';
import { type Platform, until } from '../support/platform.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

/** Tells the size of the file beside it. */
const LARGE = `
from pathlib import Path
from airflow.sdk import dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def large():
    @task
    def size():
        return Path(__file__).with_name("large.bin").stat().st_size

    size()

large()
`;

let platform: Platform;
let tenant: Tenant;
let astro: Astro;
let folder: string;
let stop: CliPlatform['stop'];
let deployment: Deployment;
let airflow: Airflow;
/** The create that waits: the CLI looks for the first time after three minutes. */
let waited: Promise<[PromiseSettledResult<string>]>;

beforeAll(async () => {
  ({ platform, tenant, astro, folder, stop } = await startCliPlatform());
});
afterAll(() => stop?.());

const done = (...call: Parameters<Astro['done']>) => astro.done(...call);

/** What the CLI prints when it fails. */
async function refused(args: readonly string[], options?: Parameters<Astro['run']>[1]): Promise<string> {
  const { exitCode, text } = await astro.run(args, options);
  if (exitCode === 0) throw new Error(`astro ${args[0]} ${args[1]} did not fail:\n${text}`);
  return text;
}

/**
 * Makes the CLI believe that its access token has expired, so that it asks for another by its refresh token. It may
 * believe so already: of two of its own writes to the file at once it keeps one.
 */
async function expireToken({ home }: Astro): Promise<void> {
  const path = join(home, '.astro', 'config.yaml');
  const config = await readFile(path, 'utf8');
  if (!config.includes('expiresin: ')) throw new Error(`The CLI's configuration has no expiry:\n${config}`);
  await writeFile(path, config.replace(/expiresin: .*/, 'expiresin: "2020-01-01T00:00:00Z"'));
}

const logs = (...flags: string[]) => done(['deployment', 'logs', deployment.id, ...flags]);
const logLines = async (...flags: string[]) => (await logs(...flags)).trim().split('\n');

const create = (name: string, ...flags: string[]) => [
  ...['deployment', 'create', '--name', name, '--runtime-version', '3.3-2', '--region', 'us-east-1'],
  ...flags,
];

describe('signing in', () => {
  test('with a token', async () => {
    const text = await done(['login', 'localhost', '--token-login', tenant.token]);
    expect(text).toContain('Successfully authenticated');
    expect(text).toContain('Logging in as person-');
  });

  test('in a browser, as a person does, and it lasts', async () => {
    const person = await createAstro();
    const browser = await startBrowser();
    try {
      const link = Promise.withResolvers<string>();
      const login = person.run(['login', 'localhost', '--login-link'], {
        onPrint(text) {
          const [url] = /http:\/\/localhost:8888\/authorize\?\S+/.exec(text) ?? [];
          if (url !== undefined) link.resolve(url);
        },
      });
      const page = await newPage(browser);
      const called = page.waitForRequest(/^http:\/\/localhost:12345\/callback\?code=/);
      await page.goto(await link.promise);
      await page.getByLabel('E-mail address').fill(tenant.email);
      await page.getByLabel('Password').fill(tenant.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText(`It will act as ${tenant.email}`).waitFor();
      await page.getByRole('button', { name: 'Continue' }).click();
      await called;
      const { exitCode, text } = await login;
      expect({ exitCode, text }).toMatchObject({
        exitCode: 0,
        text: expect.stringContaining('Successfully'),
      });
      expect(text).toContain(`Logging in as ${tenant.email}`);
      for (let times = 0; times < 3; times += 1) {
        await expireToken(person);
        const listed = await person.run(['workspace', 'list']);
        expect(listed).toMatchObject({ exitCode: 0, text: expect.stringContaining(tenant.workspaceId) });
      }
    } finally {
      await browser.close();
      await person.remove();
    }
  });

  test('with a token that is none', async () => {
    const home = await createAstro();
    const { exitCode, text } = await home.run(['login', 'localhost', '--token-login', 'ey.nothing.at-all']);
    await home.remove();
    expect({ exitCode, text }).toMatchObject({ exitCode: 1, text: expect.stringContaining('Error') });
  });

  test('by the environment alone, as CI does', async () => {
    const ci = await createAstro();
    const { exitCode, text } = await ci.run(['deployment', 'list'], {
      environment: { ASTRO_API_TOKEN: tenant.token },
    });
    await ci.remove();
    expect({ exitCode, text }).toMatchObject({ exitCode: 0, text: expect.stringContaining('Trial') });
  });
});

describe('in a trial', () => {
  test('the organization and the workspace are listed and switched to', async () => {
    expect(await done(['organization', 'list'])).toContain(tenant.organizationId);
    await done(['organization', 'switch', tenant.organizationId]);
    expect(await done(['workspace', 'list'])).toContain(tenant.workspaceId);
    expect(await done(['workspace', 'switch', tenant.workspaceId])).toContain(tenant.workspaceId);
    expect(await refused(['workspace', 'switch', 'nowhere'])).toContain('could not be found');
  });

  test('a limit is named, and a taken name first', async () => {
    expect(await refused(create('second'))).toContain('The TRIAL plan allows 1 deployment');
    expect(await refused(create('Trial'))).toContain('A deployment named "Trial" exists already');
    expect(await refused(['workspace', 'create', '--name', 'second'])).toContain(
      'The TRIAL plan allows 1 workspace',
    );
  });
});

describe('on a plan', () => {
  beforeAll(() => leaveTrial(platform, tenant));

  test('a second workspace is created, and switched to by its name', async () => {
    await done(['workspace', 'create', '--name', 'Weather']);
    await done(['workspace', 'switch', 'Weather']);
    expect(await done(['deployment', 'list'])).toContain('no Deployments found');
    await done(['workspace', 'switch', tenant.workspaceId]);
  });

  test('what is not offered is refused with the field', async () => {
    expect(await refused(create('forecast', '--runtime-version', '9.9-9'))).toContain('astroRuntimeVersion');
    expect(await refused(create('forecast', '--executor', 'KubernetesExecutor'))).toContain('executor');
  });

  test('a deployment is created', async () => {
    waited = Promise.allSettled([done(create('forecast', '--wait'))]);
    await until(async () => (await deployments(tenant)).length > 0, {
      seconds: 60,
      what: () => 'the deployment to be created',
    });
    deployment = await healthy(tenant, 'forecast');
    airflow = airflowOf(tenant, deployment);
  });

  test('it is listed and inspected', async () => {
    const list = await done(['deployment', 'list']);
    for (const cell of ['forecast', deployment.namespace, deployment.id, '3.3-2 (based on Airflow 3.3.2)'])
      expect(list).toContain(cell);
    expect(await done(['deployment', 'list', '--all', '--json'])).toContain(`"${deployment.id}"`);
    const inspected = await done(['deployment', 'inspect', deployment.id]);
    for (const line of ['name: forecast', 'executor: ASTRO', 'scheduler_size: SMALL', 'status: HEALTHY'])
      expect(inspected).toContain(line);
    const key = ['--key', 'metadata.status'];
    expect(await done(['deployment', 'inspect', '--deployment-name', 'forecast', ...key])).toContain(
      'HEALTHY',
    );
  });

  test('the example is deployed, and runs', async () => {
    await cp(join(EXAMPLES, 'etl'), join(folder, 'etl'), { recursive: true });
    const text = await done(['deploy', deployment.id, '--dags'], { cwd: join(folder, 'etl') });
    expect(text).toContain('Successfully uploaded DAGs');
    await airflow.ran('planets', 'success');
  });

  test('a project of more than a block is deployed whole', async () => {
    const project = join(folder, 'large');
    await cp(join(EXAMPLES, 'hello'), project, { recursive: true });
    const size = 2.5 * 1024 * 1024;
    await writeFile(join(project, 'dags', 'large.bin'), randomBytes(size));
    await writeFile(join(project, 'dags', 'large.py'), LARGE);
    await done(['deploy', '--deployment-name', 'forecast', '--dags'], { cwd: project });
    const run = await airflow.trigger('large');
    await airflow.ran('large', 'success', run);
    expect(await airflow.returned('large', run, 'size')).toBe(size);
  });

  test.each([
    ['--scheduler', 'scheduler'],
    ['--dag-processor', 'dag-processor'],
    ['--triggerer', 'triggerer'],
    ['--apiserver', 'apiserver'],
    ['--workers', 'worker'],
  ])('the logs are read with %s', async (flag, source) => {
    const lines = await logLines(flag, '--log-count', '5');
    expect(lines).toHaveLength(5);
    for (const line of lines) expect(line).toMatch(new RegExp(`^\\d+\\.\\d+ .* ${source}$`));
  });

  test('the logs are searched', async () => {
    const workers = await logLines('--workers', '--keyword', 'planets');
    expect(workers).not.toEqual([]);
    for (const line of workers) expect(line).toContain('planets');
    expect(await logs('--keyword', 'no line has this')).toContain('No matching logs');
  });

  test('the create that waits is told that it is healthy', async () => {
    const [outcome] = await waited;
    if (outcome.status === 'rejected') throw outcome.reason;
    expect(outcome.value).toContain('Successfully created Deployment: forecast');
    expect(outcome.value).toContain(`${platform.url}/${deployment.namespace}`);
  });

  test('it is deleted', async () => {
    expect(await done(['deployment', 'delete', deployment.id, '--force'])).toContain('Successfully deleted');
    await removed(tenant, deployment);
    expect(await done(['deployment', 'list'])).toContain('no Deployments found');
  });

  test('who did all that is exported', async () => {
    const file = join(folder, 'changes.ndjson.gz');
    await done(['organization', 'audit-logs', 'export', '--output-file', file]);
    const changes = gunzipSync(await readFile(file))
      .toString()
      .trim()
      .split('\n')
      .map((line) => z.object({ action: z.string(), resourceId: z.string() }).parse(JSON.parse(line)))
      .filter(({ resourceId }) => resourceId === deployment.id)
      .map(({ action }) => action);
    expect([changes[0], changes.at(-1)]).toEqual(['CREATE', 'DELETE']);
  });
});
