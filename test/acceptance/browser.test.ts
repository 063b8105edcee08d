import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Airflow, airflowOf } from '../support/airflow.ts';
import { newPage, startBrowser } from '../support/browser.ts';
import { signUp, type Tenant } from '../support/client.ts';
import { deploy, deployed, exampleDags } from '../support/deploy.ts';
import { type Deployment, healthy } from '../support/deployment.ts';
import { createPlatform, type Platform, until } from '../support/platform.ts';

/** What Airflow logs of the example's task. What the task prints may come later, in a group that is folded. */
const RETURNED = 'Returned value was: hello';

let platform: Platform;
let tenant: Tenant;
let deployment: Deployment;
let airflow: Airflow;
let browser: Browser;
let page: Page;
/** Where the deployment's Airflow is. */
let home: string;

beforeAll(async () => {
  platform = await createPlatform();
  await platform.start();
  tenant = await signUp(platform);
  deployment = await healthy(tenant);
  home = `${platform.url}/${deployment.namespace}`;
  airflow = airflowOf(tenant, deployment);
  const id = await deploy(tenant, deployment.id, exampleDags('hello'));
  expect(await deployed(tenant, deployment.id, id)).toBe('DEPLOYED');
  // The page that lists DAGs does not look again by itself while there is none.
  await airflow.listed('hello');
  browser = await startBrowser();
  page = await newPage(browser);
});
afterAll(async () => {
  await browser?.close();
  await platform?.destroy();
});

async function signinLink(): Promise<string> {
  const { body } = await tenant.client.post('/v1alpha1/signin-links', undefined);
  return z.object({ url: z.string() }).parse(body).url;
}

const cookies = async () => (await page.context().cookies()).map(({ name }) => name);

test('without a session Airflow leads to the sign-in page', async () => {
  await page.goto(`${home}/dags`);
  expect(page.url()).toBe(
    `${platform.url}/signin?next=${encodeURIComponent(`/${deployment.namespace}/dags`)}`,
  );
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('signing in there with the password opens it', async () => {
  await page.getByLabel('E-mail address').fill(tenant.email);
  await page.getByLabel('Password').fill(tenant.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'hello', exact: true }).waitFor();
  expect(page.url()).toBe(`${home}/dags`);
  await page.context().clearCookies();
});

test('the sign-in link opens it, at the address that the API and the CLI show', async () => {
  await page.goto(`${await signinLink()}&next=/${deployment.namespace}`);
  await page.getByRole('link', { name: 'Dags' }).first().click();
  await page.getByRole('link', { name: 'hello', exact: true }).waitFor();
});

test('a DAG is triggered, and its log is read', async () => {
  await page.getByRole('link', { name: 'hello', exact: true }).click();
  await page.waitForURL(/\/dags\/hello(\?|$)/);
  // The list, which has a button of that name too, stays until what the DAG's page needs has come.
  await page.getByText('Latest Dag Version').waitFor();
  await page.getByRole('button', { name: 'Trigger' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Trigger' }).click();
  const run = await airflow.ran('hello', 'success');
  await until(async () => (await airflow.taskLog('hello', run, 'greet')).includes(RETURNED), {
    seconds: 60,
    what: () => 'the log, which is kept once the task has ended',
  });
  await page.goto(`${home}/dags/hello/runs/${encodeURIComponent(run)}/tasks/greet`);
  await page.getByText(RETURNED).first().waitFor();
});

test("the session's is the only cookie, and scripts do not see it", async () => {
  expect(await cookies()).toEqual(['windsock_session']);
  expect(await page.evaluate('document.cookie')).toBe('');
});

test("Airflow's own sign-out ends the session and leads to the sign-in page", async () => {
  await page.goto(`${home}/dags`);
  await page.getByRole('button', { name: 'User' }).click();
  await page.getByText('Logout').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await cookies()).toEqual([]);
  await page.goto(home);
  expect(new URL(page.url()).pathname).toBe('/signin');
});
