import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createClient } from '../support/client.ts';
import { createPlatform, type Platform, until } from '../support/platform.ts';

/** What `npm start` says and does on an empty platform, and on one that is not: the first thing that anybody sees. */
const LAST = 'Ctrl-C stops everything.';
const STEPS = [
  'signed up',
  'the code came by mail',
  'verified',
  'the trial has a HEALTHY deployment',
  'deployed examples/etl',
  'triggered the DAG planets',
  'its run succeeded',
  'from sign-up to a DAG that ran',
];

let platform: Platform;
let said: string;
beforeAll(async () => {
  platform = await createPlatform({ asUser: true });
  said = await start();
});
afterAll(() => platform.destroy());

/** Starts the platform, and answers what this start says until it has nothing more to say. */
async function start(): Promise<string> {
  const before = platform.output().length;
  const printed = () => platform.output().slice(before);
  await platform.start();
  await until(async () => printed().includes(LAST), { seconds: 240, what: () => `"${LAST}"\n${printed()}` });
  return printed();
}

/** What stands behind a title in the summary that the journey ends with. */
function summary(title: string): string {
  const [, text = ''] = new RegExp(`^${title} +(.+)$`, 'm').exec(said) ?? [];
  return text;
}

const account = () => /^(\S+), password (\S+)$/.exec(summary('Account')) ?? [];

test('the first start walks from a sign-up to a DAG that ran, and tells the time of each step', () => {
  const timed = [...said.matchAll(/^ {2}(\S.*?) +(\d+\.\d) s$/gm)].map(([, title, seconds]) => ({
    title,
    seconds: Number(seconds),
  }));
  expect(timed.map(({ title }) => title)).toEqual(expect.arrayContaining(STEPS));
  const steps = timed.slice(-STEPS.length);
  expect(steps.map(({ title }) => title)).toEqual(STEPS);
  const whole = steps.at(-1)?.seconds ?? 0;
  const sum = steps.slice(0, -1).reduce((total, { seconds }) => total + seconds, 0);
  expect(Math.abs(whole - sum)).toBeLessThan(1);
});

test('the DAG did run: Airflow says so where it was said to be, to whoever has the token', async () => {
  const { status, body } = await createClient(summary('Airflow'), summary('Token')).get(
    '/api/v2/dags/planets/dagRuns',
  );
  expect(status).toBe(200);
  const Runs = z.object({ dag_runs: z.array(z.object({ run_type: z.string(), state: z.string() })) });
  const asked = Runs.parse(body).dag_runs.filter(({ run_type }) => run_type === 'manual');
  expect(asked).toEqual([{ run_type: 'manual', state: 'success' }]);
});

test('the address of the API answers, to whoever has the token', async () => {
  const { body } = await createClient(summary('API'), summary('Token')).get('');
  expect(body).toMatchObject({ name: 'First Organization' });
});

test('the link signs a browser in, once, and leads to Airflow', async () => {
  const [link = ''] = summary('Sign in').split(' ');
  const { status, headers } = await fetch(link, { redirect: 'manual' });
  const [cookie = ''] = headers.getSetCookie().map((text) => text.split(';')[0] ?? '');
  expect(status).toBe(303);
  const page = await fetch(new URL(headers.get('location') ?? '', platform.url), { headers: { cookie } });
  expect({ status: page.status, url: page.url }).toEqual({ status: 200, url: `${summary('Airflow')}/` });
  const home = await fetch(platform.url, { headers: { cookie, accept: 'text/html' } });
  expect(await home.text()).toContain(account()[1]);
  expect(await (await fetch(link)).text()).toContain('has been used or has expired');
});

test('the account signs in by its password', async () => {
  const [, email = '', password = ''] = account();
  const { status, headers } = await fetch(`${platform.url}/signin`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: platform.url },
    body: new URLSearchParams({ email, password }),
  });
  expect({ status, location: headers.get('location') }).toEqual({ status: 303, location: '/account' });
});

/** What a start says that has nothing to set up and no journey to walk. */
const told = (deployments: string) => [
  expect.stringMatching(/^Windsock is ready at http:\/\/localhost:\d+ \(\d+\.\d s\)$/),
  deployments,
  expect.stringMatching(new RegExp(`^ {2}\\S.*  ${summary('Airflow')}$`)),
  `Sign in or sign up at ${platform.url}/`,
  LAST,
];
const linesOf = (text: string) => text.trim().split('\n');

test('a start after a kill walks nowhere, and tells what has gone on', async () => {
  await platform.kill();
  expect(linesOf(await start())).toEqual(told('Running:'));
});

test('a stop says when all has stopped', async () => {
  const before = platform.output().length;
  await platform.stop();
  const lines = linesOf(platform.output().slice(before));
  expect([lines[0], lines.at(-1)]).toEqual(['Stopping ...', 'Stopped.']);
});

test('the next start tells what starts again', async () => {
  expect(linesOf(await start())).toEqual(told('Starting again; Airflow answers in about half a minute:'));
});
