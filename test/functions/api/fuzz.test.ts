import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../functions/api/table.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
});
afterAll(() => plane.stop());

/** Texts that break things: bounds of keys, characters of keys, other scripts, what expands when it is normalized. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '#',
    '../..',
    '\ud800',
    '\u202e',
    'ﷺ'.repeat(128),
    'İ'.repeat(128),
    'x'.repeat(5000),
  ),
);
const anything = fc.anything({ maxDepth: 2, withNullPrototype: true });
const credential = (kind: string) =>
  kind === 'operator'
    ? { token: plane.secret.operatorToken }
    : { token: owner.token, headers: { 'x-windsock-front-door': plane.secret.frontDoorToken } };
const pathWith = (path: string, values: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent((values[name] ?? 'x').toWellFormed()));

/** A body whose field names are the route's own, with values of any kind. */
const bodyOf = (names: readonly string[]) =>
  fc.oneof(
    anything,
    fc.dictionary(names.length === 0 ? fc.string() : fc.constantFrom(...names), fc.oneof(text, anything), {
      maxKeys: names.length + 1,
    }),
  );
const namesOf = (body: unknown): string[] =>
  typeof body === 'object' && body !== null && 'shape' in body ? Object.keys(body.shape ?? {}) : [];

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_, route) => {
  test('answers whatever it is asked with an answer that is no 500', async () => {
    const place = { organizationId: owner.organization.id, workspaceId: owner.workspace.id };
    await fc.assert(
      fc.asyncProperty(bodyOf(namesOf(route.body)), text, text, async (value, id, query) => {
        const path = pathWith(route.path, { ...place, deploymentId: id, signupId: id });
        const { status } = await plane.call(
          route.method,
          route.method === 'GET' ? `${path}?limit=${encodeURIComponent(query.toWellFormed())}` : path,
          undefined,
          { ...credential(route.access.kind), raw: JSON.stringify(value) ?? 'undefined' },
        );
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 25 },
    );
  });
});

describe.each(['POST', 'GET', 'DELETE'])('%s of a workspace', (method) => {
  test.each(['x'.repeat(3000), '%00', '..%2F..', '%23deployment%23x', 'é'.repeat(200)])(
    'with the id %s is not found',
    async (id) => {
      for (const path of [`/v1/organizations/${id}/workspaces/x`, `${owner.path}/workspaces/${id}`]) {
        const body =
          method === 'POST' ? { name: 'x', description: '', cicdEnforcedDefault: true } : undefined;
        const { status } = await plane.call(method, path, body, { token: owner.token });
        expect(status).toBe(404);
      }
    },
  );
});

test('a name is compared without case and composition, and fits its key', async () => {
  const account = await signUp(plane, 'Gale');
  const name = (text: string) =>
    plane.call('POST', `${account.path}/workspaces`, { name: text }, { token: account.token });
  expect((await name('GALE')).status).toBe(409);
  expect((await name('ＧＡＬＥ')).status).toBe(409);
  for (const wrong of ['ﷺ'.repeat(128), 'a\u0000b', 'a\u202eb', ' ', 'x'.repeat(129)]) {
    expect(await name(wrong)).toMatchObject({ status: 400, body: { fieldErrors: [{ field: 'name' }] } });
  }
});
