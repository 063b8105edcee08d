import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createBuckets } from '../../../core/rate/buckets.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type Answer, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
let other: Account;
beforeAll(async () => {
  plane = await startControlPlane({ rateLimitFactor: 1 });
  [owner, other] = [await signUp(plane, 'One'), await signUp(plane, 'Two')];
  // However slow the machine is, buckets fill only when the plane's clock is moved.
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterAll(async () => {
  vi.useRealTimers();
  await plane.stop();
});

const self = ({ token }: Account = owner) => plane.call('GET', '/v1/users/self', undefined, { token });

/** Asks until it is told to wait, and answers that and how many were answered before. */
async function exhaust(ask: () => Promise<Answer>): Promise<{ answered: number; told: Answer }> {
  for (let answered = 0; answered < 1000; answered += 1) {
    const told = await ask();
    if (told.status === 429) return { answered, told };
  }
  throw new Error('It was never told to wait');
}

test.each([
  { method: 'GET', rate: 25, path: () => '/v1/users/self', answers: 200 },
  { method: 'POST', rate: 10, path: () => '/v1alpha1/signin-links', answers: 200 },
  { method: 'DELETE', rate: 5, path: () => `${owner.path}/teams/none`, answers: 404 },
])(
  'a token may send $rate $method a second, after a pause 10 times that, and is told how long to wait',
  async (limit) => {
    const { method, rate, path, answers } = limit;
    const ask = () => plane.call(method, path(), undefined, { token: owner.token });
    const { answered, told } = await exhaust(ask);
    expect(answered).toBe(rate * 10);
    expect(told).toMatchObject({
      headers: { 'retry-after': '1' },
      body: { statusCode: 429, message: expect.stringContaining(`${rate} ${method} requests a second`) },
    });
    plane.advanceClock(1);
    expect((await ask()).status).toBe(answers);
    plane.advanceClock(60);
  },
);

test('one caller keeps no other waiting, and reading not from writing', async () => {
  await exhaust(() => self());
  expect((await self(other)).status).toBe(200);
  const link = await plane.call('POST', '/v1alpha1/signin-links', undefined, { token: owner.token });
  expect(link.status).toBe(200);
  expect((await plane.call('GET', '/healthz')).status).toBe(200);
});

test('whoever has no token is limited by the address; the operator is not', async () => {
  await exhaust(() => plane.call('GET', '/healthz'));
  const path = `/v1alpha1/operator/organizations/${owner.organization.id}`;
  for (let count = 0; count < 150; count += 1) {
    const { status } = await plane.call(
      'POST',
      path,
      { productPlan: 'TEAM' },
      { token: plane.secret.operatorToken },
    );
    expect(status).toBe(200);
  }
});

test.each([
  ['a token that is none', '/v1/users/self', { token: 'nonsense' }],
  ['no token', '/v1/users/self', {}],
  ["a token that is not the operator's", '/v1alpha1/operator/organizations/x', { token: 'nonsense' }],
])('whoever shows %s is limited by the address, and keeps no token there waiting', async (_, path, shown) => {
  plane.advanceClock(60);
  const method = path.includes('operator') ? 'POST' : 'GET';
  const options = { ...shown, sourceAddress: '10.0.0.7' };
  const wrong = () => plane.call(method, path, method === 'POST' ? {} : undefined, options);
  expect((await wrong()).status).toBe(401);
  const { answered, told } = await exhaust(wrong);
  expect(answered).toBe(method === 'POST' ? 99 : 249);
  expect(told).toMatchObject({ headers: { 'retry-after': '1' }, body: { statusCode: 429 } });
  const right = { token: owner.token, sourceAddress: '10.0.0.7' };
  expect((await plane.call('GET', '/v1/users/self', undefined, right)).status).toBe(200);
  const { sourceAddress } = right;
  expect((await plane.call('GET', '/signin', undefined, { sourceAddress })).status).toBe(200);
  expect((await plane.call(method, path, undefined, { ...shown, sourceAddress: '10.0.0.8' })).status).toBe(
    401,
  );
  plane.advanceClock(1);
  expect((await wrong()).status).toBe(401);
});

test('a bucket lets through its burst and its rate, whatever the order and pace of the asking', () => {
  const steps = fc.array(fc.nat(3000), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 50 }),
      (gaps, rate, burst) => {
        const buckets = createBuckets({ perSecond: rate, burst });
        let at = 0;
        let taken = 0;
        for (const gap of gaps) {
          at += gap;
          const wait = buckets.take('a', new Date(at));
          if (wait === 0) taken += 1;
          else expect(buckets.take('a', new Date(at + Math.ceil(wait * 1000) + 1))).toBe(0);
          if (wait > 0) {
            at += Math.ceil(wait * 1000) + 1;
            taken += 1;
          }
        }
        expect(taken).toBeLessThanOrEqual(burst + (at / 1000) * rate + 1);
      },
    ),
  );
});

test('a clock that goes back keeps nobody waiting for it', () => {
  const buckets = createBuckets({ perSecond: 1, burst: 1 });
  expect(buckets.take('a', new Date(1_000_000))).toBe(0);
  expect(buckets.take('a', new Date(0))).toBe(1);
  expect(buckets.take('a', new Date(1000))).toBe(0);
});
