import { createHash, randomBytes } from 'node:crypto';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { newPage as openPage, startBrowser } from '../../support/browser.ts';
import { type Client, createClient, signUp, type Tenant } from '../../support/client.ts';
import { codeTo, linkTo } from '../../support/mail.ts';
import { PATIENCE } from '../../support/patience.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';

/** The pages in a real browser without scripts, before the functions with their grants. */
let cloud: Rehearsal;
let tenant: Tenant;
let browser: Browser;
let mailbox: Client;

beforeAll(async () => {
  cloud = await startRehearsal();
  mailbox = createClient(cloud.url);
  tenant = await signUp(cloud);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await cloud?.stop();
});

const newPage = (): Promise<Page> => openPage(browser, { javaScriptEnabled: false, baseURL: cloud.url });

async function signIn(page: Page, { email, password } = tenant): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1 }).waitFor();

describe('signing in', () => {
  test('by the keyboard alone, with the problem at its field, leads to the account', async () => {
    const page = await newPage();
    await page.goto('/signin');
    await page.locator('input:focus').waitFor();
    await page.keyboard.type(tenant.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('is wrong').waitFor();
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(tenant.email);
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    await page.getByLabel('Password').fill(tenant.password);
    await page.keyboard.press('Enter');
    await heading(page, 'Your account');
    await page.getByText(tenant.email).waitFor();
  });

  test('ends by signing out', async () => {
    const page = await newPage();
    await page.goto('/signin');
    await signIn(page);
    await heading(page, 'Your account');
    await page.getByRole('link', { name: 'Sign out' }).click();
    await heading(page, 'Sign in');
    await page.goto('/account');
    await heading(page, 'Sign in');
  });
});

describe('by mail', () => {
  test('somebody signs up with the code, forgets the password, and chooses another by the link', async () => {
    const page = await newPage();
    const email = 'ada@example.com';
    await page.goto('/signin');
    await page.getByRole('link', { name: 'Sign up' }).click();
    await page.getByLabel('Your name').fill('Ada Gale');
    await page.getByLabel('Organization').fill('Gale Forecasts');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByLabel('Code').fill(await codeTo(mailbox, email));
    await page.getByRole('button', { name: 'Continue' }).click();
    await heading(page, 'Your account');
    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('E-mail address').fill(email);
    await page.getByRole('button', { name: 'Send the mail' }).click();
    await heading(page, 'Look into your mailbox');
    await page.goto(await linkTo(mailbox, email));
    await page.getByLabel('New password').fill('battery staple');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await heading(page, 'Your account');
  });

  test('somebody who is invited joins with a name and a password', async () => {
    const page = await newPage();
    const inviteeEmail = 'grace@example.com';
    const invite = { inviteeEmail, role: 'ORGANIZATION_MEMBER' };
    await tenant.client.post(`/v1/organizations/${tenant.organizationId}/invites`, invite);
    await page.goto(await linkTo(mailbox, inviteeEmail));
    await page.getByLabel('Your name').fill('Grace Breeze');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Join' }).click();
    await heading(page, 'Your account');
    await page.getByText(inviteeEmail).waitFor();
  });
});

describe('a program that people sign in to', () => {
  test('gets its code at its own address once they have confirmed, and tokens for it', async () => {
    const page = await newPage();
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      client_id: 'cli',
      redirect_uri: 'http://localhost:12345/callback',
      response_type: 'code',
      scope: 'openid profile email offline_access',
      prompt: 'login',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const called = page.waitForRequest(/^http:\/\/localhost:12345\/callback/);
    await page.goto(`/authorize?${query}`);
    await signIn(page);
    await heading(page, 'Sign in to the astro CLI');
    await page.getByRole('button', { name: 'Continue' }).click();
    const code = new URL((await called).url()).searchParams.get('code') ?? '';
    const fields = { client_id: 'cli', redirect_uri: 'http://localhost:12345/callback' };
    const exchanged = await fetch(`${cloud.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...fields,
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
      }),
    });
    const tokens = z
      .object({ access_token: z.string(), refresh_token: z.string() })
      .parse(await exchanged.json());
    const self = await createClient(cloud.url, tokens.access_token).get('/v1/users/self');
    expect(self).toMatchObject({ status: 200, body: { username: tenant.email } });
    const body = new URLSearchParams({ client_id: 'cli', token: tokens.refresh_token });
    expect((await fetch(`${cloud.url}/oauth/revoke`, { method: 'POST', body })).status).toBe(200);
    const refreshed = await fetch(`${cloud.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'cli',
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token,
      }),
    });
    expect(await refreshed.json()).toMatchObject({ error: 'invalid_grant' });
  });
});

const Violations = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

/** What of a page somebody cannot read or reach: each rule that is broken, and where. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = Violations.parse(await page.evaluate('axe.run(document)'));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${page.url()} ${id}: ${html}`));
}

test.each(['light', 'dark'] as const)(
  'the pages can be read and reached by everybody, %s',
  async (colorScheme) => {
    const page = await openPage(browser, { bypassCSP: true, baseURL: cloud.url, colorScheme });
    const found: string[] = [];
    const look = async (name: string) => {
      await heading(page, name);
      found.push(...(await violationsOf(page)));
    };
    const submit = (name: string) => page.getByRole('button', { name }).click();
    const refused = () => page.getByRole('alert').first().waitFor();
    const email = `reader-${colorScheme}@example.com`;

    await page.goto('/docs');
    await look('The API of Windsock');
    await page.goto('/signup');
    await look('Sign up');
    await submit('Sign up');
    await refused();
    await look('Sign up');
    await page.getByLabel('Your name').fill('Ada Gale');
    await page.getByLabel('Organization').fill('Gale Forecasts');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill('correct horse');
    await submit('Sign up');
    await look('Enter your code');
    await page.getByLabel('Code').fill(await codeTo(mailbox, email));
    await submit('Continue');
    await look('Your account');
    await page.getByRole('link', { name: 'Sign out' }).click();
    await look('Sign in');
    await signIn(page, { ...tenant, password: 'wrong' });
    await refused();
    await look('Sign in');

    await page.goto('/password/forgotten');
    await look('Forgot your password?');
    await page.getByLabel('E-mail address').fill(email);
    await submit('Send the mail');
    await look('Look into your mailbox');
    await page.goto(await linkTo(mailbox, email));
    await look('Choose a new password');
    await page.goto('/password/reset?token=unknown');
    await look('This link does not work any more');

    const inviteeEmail = `invited-${colorScheme}@example.com`;
    const invite = { inviteeEmail, role: 'ORGANIZATION_MEMBER' };
    await tenant.client.post(`/v1/organizations/${tenant.organizationId}/invites`, invite);
    await page.goto(await linkTo(mailbox, inviteeEmail));
    await page.getByLabel('Your name').waitFor();
    found.push(...(await violationsOf(page)));
    await page.goto('/invites/accept?token=unknown');
    await look('This invite does not work any more');
    expect(found).toEqual([]);
  },
  120_000 * PATIENCE,
);
