import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../../core/id.ts';
import { createInvite } from '../../../core/invite/create.ts';
import { intercept } from '../../../core/store/intercept.ts';
import { type Account, join, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { createPerson } from '../../support/person.ts';

const DAY = 86_400;
const somebodyNew = { fullName: 'Grace Breeze', password: 'battery staple' };

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Gale');
});
afterAll(() => plane.stop());

let count = 0;
const address = () => {
  count += 1;
  return `guest-${count}@example.com`;
};
const invite = async (inviteeEmail: string, role = 'ORGANIZATION_MEMBER', account = owner) =>
  await plane.call('POST', `${account.path}/invites`, { inviteeEmail, role }, { token: account.token });
const takeBack = (inviteId: string) =>
  plane.call('DELETE', `${owner.path}/invites/${inviteId}`, undefined, { token: owner.token });
const list = () =>
  plane.call('GET', `/v1alpha1/organizations/${owner.organization.id}/invites?limit=1000`, undefined, {
    token: owner.token,
  });
const accept = (body: object) => plane.call('POST', '/v1alpha1/invites/accept', body);
const find = (token: string) => plane.call('POST', '/v1alpha1/invites/find', { token });
const self = (token: string) => plane.call('GET', '/v1/users/self', undefined, { token });

/** The token of the link in the latest mail to an address. */
async function mailedToken(email: string): Promise<string> {
  await plane.tick();
  const { text = '' } = plane.mailbox.messages(email).at(-1) ?? {};
  const [link = ''] = /http\S+/.exec(text) ?? [];
  return new URL(link).searchParams.get('token') ?? '';
}

async function invited(role?: string): Promise<{ email: string; token: string }> {
  const email = address();
  expect((await invite(email, role)).status).toBe(200);
  return { email, token: await mailedToken(email) };
}

/** The token of an invite that another member, or an API token, has made. */
async function invitedBy(token: string, role?: string): Promise<string> {
  const email = address();
  expect((await invite(email, role, { ...owner, token })).status).toBe(200);
  return await mailedToken(email);
}

describe('an invite', () => {
  test('takes the same steps whether the address has an account elsewhere or not', async () => {
    const other = await signUp(plane);
    const stepsFor = async (inviteeEmail: string) => {
      const steps: string[] = [];
      const telling = intercept(plane.services.database, async (command, pass) => {
        steps.push(command.constructor.name);
        return await pass(command);
      });
      const scope = { now: plane.now(), actor: { type: 'system', name: 'test' }, requestId: 'test' } as const;
      const asked = { inviteeEmail, role: 'ORGANIZATION_MEMBER' } as const;
      await createInvite(scope, plane.services.through(telling), owner.organization.id, asked);
      return steps;
    };
    const steps = await stepsFor(other.email);
    expect(steps.length).toBeGreaterThan(0);
    expect(await stepsFor(address())).toEqual(steps);
  });

  test('is mailed with a link that says who invites to what', async () => {
    const email = address();
    const answer = await invite(email.toUpperCase(), 'ORGANIZATION_BILLING_ADMIN');
    expect(answer).toMatchObject({
      status: 200,
      body: {
        inviteId: expect.stringMatching(/^c[0-9a-z]{24}$/),
        organizationId: owner.organization.id,
        organizationName: 'Gale',
        invitee: { username: email },
        inviter: { id: owner.user.id, username: owner.email },
      },
    });
    const token = await mailedToken(email);
    const [mail] = plane.mailbox.messages(email);
    expect(mail).toMatchObject({ subject: 'You are invited to Gale on Windsock' });
    expect(mail?.text).toContain('Ada Gale invites you');
    expect(await find(token)).toMatchObject({
      status: 200,
      body: {
        organizationName: 'Gale',
        email,
        role: 'ORGANIZATION_BILLING_ADMIN',
        inviter: 'Ada Gale',
        hasAccount: false,
      },
    });
  });

  test('goes out once, and says the same when it goes out again', async () => {
    const { email, token } = await invited();
    await plane.tick();
    expect(plane.mailbox.messages(email)).toHaveLength(1);
    const { data } = await plane.services
      .store(owner.organization.id)
      .entities.invite.query.primary({ organizationId: owner.organization.id })
      .go();
    const item = data.find((candidate) => candidate.email === email);
    if (item === undefined) throw new Error('The invite is gone');
    await plane.services.globalStore.entities.invite
      .put({ ...item, status: 'MAILING', dueAt: plane.now().toISOString() })
      .go();
    expect(await mailedToken(email)).toBe(token);
    expect(plane.mailbox.messages(email)).toHaveLength(2);
  });

  test('keeps no token in the table', async () => {
    const { token } = await invited();
    const { Items } = await plane.services.database.send(new ScanCommand({ TableName: 'windsock' }));
    const [, , mac = ''] = token.split('.');
    expect(JSON.stringify(Items)).not.toContain(mac);
  });

  test.each([
    ['inviteeEmail', { inviteeEmail: 'nobody' }],
    ['role', { role: 'WORKSPACE_OWNER' }],
    ['role', { role: undefined }],
    ['isAdmin', { isAdmin: true }],
  ])('with a wrong %s is refused and named', async (field, wrong) => {
    const body = { inviteeEmail: address(), role: 'ORGANIZATION_MEMBER', ...wrong };
    const answer = await plane.call('POST', `${owner.path}/invites`, body, { token: owner.token });
    expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field }] } });
  });

  test('of a member is refused', async () => {
    expect(await invite(owner.email)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('member of the organization already') },
    });
  });

  test('of an address that has an account elsewhere is answered as that of any other', async () => {
    const other = await signUp(plane, 'Elsewhere');
    const [known, unknown] = [await invite(other.email), await invite(address())];
    expect(known.status).toBe(unknown.status);
    expect(Object.keys(known.body as object)).toEqual(Object.keys(unknown.body as object));
  });

  test('replaces the open one of the same address', async () => {
    const email = address();
    await invite(email);
    const first = await mailedToken(email);
    await invite(email, 'ORGANIZATION_OWNER');
    const second = await mailedToken(email);
    expect((await find(first)).status).toBe(404);
    expect((await find(second)).body).toMatchObject({ role: 'ORGANIZATION_OWNER' });
  });

  test('sent to an address several times at once leaves one open', async () => {
    const email = address();
    const answers = await Promise.all([1, 2, 3].map(() => invite(email)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const path = `/v1alpha1/organizations/${owner.organization.id}/invites?limit=1000`;
    const { body } = await plane.call('GET', path, undefined, { token: owner.token });
    expect(JSON.stringify(body).split(email)).toHaveLength(2);
  });

  test('can be sent to an address five times an hour', async () => {
    const email = address();
    // They are counted by the hour.
    plane.advanceToNext(3600);
    for (let times = 0; times < 5; times += 1) expect((await invite(email)).status).toBe(200);
    expect(await invite(email)).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      body: { message: expect.stringContaining('or let them use the latest mail') },
    });
    plane.advanceClock(3600);
    expect((await invite(email)).status).toBe(200);
    plane.advanceClock(-3600);
  });

  test('is the last of two hundred that an organization may have open', async () => {
    const account = await signUp(plane, 'Full');
    const send = (inviteeEmail = address()) => invite(inviteeEmail, 'ORGANIZATION_MEMBER', account);
    const first = address();
    expect((await send(first)).status).toBe(200);
    await mailedToken(first);
    const { invite: invites } = plane.services.store(account.organization.id).entities;
    const { data } = await invites.query.primary({ organizationId: account.organization.id }).go();
    const others = Array.from({ length: 199 }, () => ({ inviteId: newId(), email: address() }));
    await invites.put(data.flatMap((item) => others.map((other) => ({ ...item, ...other })))).go();
    expect(await send()).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('200 open invites') },
    });
    expect((await send(first)).status).toBe(200);
  });

  test('is listed while it is open, and taken back', async () => {
    const { email, token } = await invited();
    const { invites } = (await list()).body as { invites: { inviteId: string; invitee: object }[] };
    const open = invites.find(({ invitee }) => JSON.stringify(invitee).includes(email));
    expect((await takeBack(open?.inviteId ?? '')).status).toBe(204);
    expect((await takeBack(open?.inviteId ?? '')).status).toBe(404);
    expect(JSON.stringify((await list()).body)).not.toContain(email);
    expect((await find(token)).status).toBe(404);
    expect((await accept({ token, ...somebodyNew })).status).toBe(404);
  });

  test('that several take back at once is taken back once, and gone for the others', async () => {
    const email = address();
    const { body } = await invite(email);
    const { inviteId } = body as { inviteId: string };
    const answers = await Promise.all(Array.from({ length: 4 }, () => takeBack(inviteId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404]);
  });

  test('ends after a week, and is deleted then', async () => {
    const { email, token } = await invited();
    plane.advanceClock(7 * DAY + 1);
    expect((await find(token)).status).toBe(404);
    expect((await accept({ token, ...somebodyNew })).status).toBe(404);
    const { invite } = plane.services.store(owner.organization.id).entities;
    const left = async () => {
      await plane.tick();
      const { data } = await invite.query.primary({ organizationId: owner.organization.id }).go();
      return data.map((item) => item.email);
    };
    await expect.poll(left).not.toContain(email);
    plane.advanceClock(-7 * DAY - 1);
  });

  test('opens nothing once its inviter may not give its role any more', async () => {
    const organizationId = owner.organization.id;
    const deputy = await join(plane, owner, 'ORGANIZATION_OWNER');
    const [member, second] = [
      await invitedBy(deputy.token),
      await invitedBy(deputy.token, 'ORGANIZATION_OWNER'),
    ];
    const setRole = (organizationRole?: string) =>
      plane.call(
        'POST',
        `${owner.path}/users/${deputy.user.id}/roles`,
        { organizationRole },
        { token: owner.token },
      );
    expect((await setRole('ORGANIZATION_MEMBER')).status).toBe(200);
    for (const token of [member, second]) {
      expect((await find(token)).status).toBe(404);
      expect((await accept({ token, ...somebodyNew })).status).toBe(404);
    }
    expect((await setRole('ORGANIZATION_OWNER')).status).toBe(200);
    expect((await find(member)).status).toBe(200);
    expect((await setRole()).status).toBe(200);
    expect((await accept({ token: member, ...somebodyNew })).status).toBe(404);
    const { data } = await plane.services
      .store(organizationId)
      .entities.member.query.primary({ organizationId })
      .go();
    expect(data.filter(({ fullName }) => fullName === somebodyNew.fullName)).toEqual([]);
  });

  test('of an API token opens nothing once that is deleted or has ended', async () => {
    const create = async () => {
      const body = {
        name: 'inviter',
        scope: 'ORGANIZATION',
        role: 'ORGANIZATION_OWNER',
        tokenExpiryPeriodInDays: 1,
      };
      const answer = await plane.call('POST', `${owner.path}/tokens`, body, { token: owner.token });
      return answer.body as { id: string; token: string };
    };
    const [one, other] = [await create(), await create()];
    const [first, second] = [await invitedBy(one.token), await invitedBy(other.token)];
    await plane.call('DELETE', `${owner.path}/tokens/${one.id}`, undefined, { token: owner.token });
    expect((await find(first)).status).toBe(404);
    expect((await find(second)).status).toBe(200);
    plane.advanceClock(DAY);
    expect((await find(second)).status).toBe(404);
    plane.advanceClock(-DAY);
    expect((await accept({ token: second, ...somebodyNew })).status).toBe(200);
  });

  test.each(['', 'x', 'a.b.c', `c${'0'.repeat(24)}.c${'0'.repeat(24)}.${'A'.repeat(43)}`])(
    'is not opened by %j',
    async (token) => {
      expect((await find(token)).status).toBe(404);
      expect((await accept({ token, ...somebodyNew })).status).toBe(404);
    },
  );
});

describe('accepting', () => {
  test('makes a new user, who is a member and has a token', async () => {
    const { email, token } = await invited();
    const answer = await accept({ token, ...somebodyNew });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        organization: { id: owner.organization.id, name: 'Gale' },
        user: { username: email, fullName: 'Grace Breeze' },
        token: expect.any(String),
      },
    });
    const { token: own } = answer.body as { token: string };
    expect((await self(own)).body).toMatchObject({ username: email });
    expect((await plane.call('GET', owner.path, undefined, { token: own })).status).toBe(200);
    expect((await plane.call('GET', '/v1/organizations', undefined, { token: own })).body).toMatchObject({
      organizations: [{ name: 'Gale' }],
    });
  });

  test('of a new user needs a name and a password', async () => {
    const { token } = await invited();
    expect(await accept({ token })).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'fullName' }, { field: 'password' }] },
    });
    expect((await accept({ token, fullName: 'Grace', password: 'short' })).status).toBe(400);
    expect((await accept({ token, ...somebodyNew })).status).toBe(200);
  });

  test('lets a user who has an account join, without a new token or password', async () => {
    const other = await signUp(plane, 'Elsewhere');
    await invite(other.email);
    const token = await mailedToken(other.email);
    expect((await find(token)).body).toMatchObject({ hasAccount: true });
    expect(await accept({ token, ...somebodyNew })).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'password', code: 'has_account' }] },
    });
    const joined = await accept({ token });
    expect(joined).toMatchObject({ status: 200, body: { user: { id: other.user.id } } });
    expect(joined.body).not.toHaveProperty('token');
    const { body } = await plane.call('GET', '/v1/organizations', undefined, { token: other.token });
    expect(body).toMatchObject({ totalCount: 2 });
  });

  test('goes with changing the password at the same moment: both are done', async () => {
    const other = await signUp(plane, 'Elsewhere');
    await invite(other.email);
    const token = await mailedToken(other.email);
    const person = createPerson(plane);
    await person.submit('/signin', { email: other.email, password: 'correct horse' });
    const [changed, joined] = await Promise.all([
      person.submit('/account/password', {
        currentPassword: 'correct horse',
        newPassword: 'battery staple',
      }),
      accept({ token }),
    ]);
    expect(joined.status).toBe(200);
    expect(changed).toMatchObject({ status: 303, headers: { location: '/account' } });
    const credentials = { email: other.email, password: 'battery staple' };
    expect((await person.submit('/signin', credentials)).status).toBe(303);
  });

  test('leaves no invite open that is sent again at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const other = await signUp(plane, 'Elsewhere');
      await invite(other.email);
      const token = await mailedToken(other.email);
      const [joined, again] = await Promise.all([accept({ token }), invite(other.email)]);
      expect([joined.status, again.status].filter((status) => status === 200)).toHaveLength(1);
      expect(JSON.stringify((await list()).body).includes(other.email)).toBe(again.status === 200);
    }
  });

  test('works once, however many try at once', async () => {
    const { token } = await invited();
    const answers = await Promise.all(Array.from({ length: 8 }, () => accept({ token, ...somebodyNew })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => [400, 404, 409].includes(status))).toHaveLength(7);
  });
});
