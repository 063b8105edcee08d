import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Account, join, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

/** What queries say, of every operation that takes one, as its description has it. */
let plane: ControlPlane;
let owner: Account;
let member: Account;
/** Things of the owner's organization, which a plain member of it may not see. */
let ids: Record<string, string>;

const Id = z.object({ id: z.string() });
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Owner');
  await setPlan(plane, owner, 'TEAM');
  member = await join(plane, owner);
  const asked = { name: 'Forecast', workspaceId: owner.workspace.id };
  const made = await plane.call('POST', `${owner.path}/deployments`, asked, { token: owner.token });
  ids = {
    organizationId: owner.organization.id,
    workspaceId: owner.workspace.id,
    deploymentId: Id.parse(made.body).id,
    userId: owner.user.id,
  };
  const { workspaceId = '' } = ids;
  const role = { name: 'Reader', scopeType: 'DEPLOYMENT', permissions: ['deployment.get'] };
  const restricted = { ...role, restrictedWorkspaceIds: [workspaceId] };
  expect((await plane.call('POST', `${owner.path}/roles`, restricted, { token: owner.token })).status).toBe(
    200,
  );
});
afterAll(() => plane.stop());

const NOTHING = `c${'0'.repeat(24)}`;
const pathOf = (path: string) => path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? NOTHING);

const Schema = z.looseObject({ type: z.string().optional(), enum: z.array(z.string()).optional() });
const Parameter = z.looseObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().default(false),
  schema: Schema.extend({ items: Schema.optional() }),
});
const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ operationId: z.string(), parameters: z.array(Parameter) })),
  ),
});

/** Every parameter of a query, and the request that gives it this text, with whatever else has to be said. */
async function queries() {
  const { paths } = Document.parse((await plane.call('GET', '/openapi.json')).body);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId, parameters }]) => {
      const asked = parameters.filter((parameter) => parameter.in === 'query');
      return asked.map(({ name, schema }) => ({
        operation: operationId,
        method: method.toUpperCase(),
        name,
        type: schema.items?.type ?? schema.type,
        pathWith(text: string) {
          const others = asked.filter(
            (other) => other.name !== name && (other.required || other.name === 'sources'),
          );
          const query = new URLSearchParams({ [name]: text });
          for (const other of others) {
            query.set(other.name, (other.schema.items ?? other.schema).enum?.[0] ?? 'x');
          }
          return `${pathOf(path)}?${query}`;
        },
      }));
    }),
  );
}

test('no number is taken that is written as OpenAPI knows none', async () => {
  const numbers = (await queries()).filter(({ type }) => type === 'integer');
  expect(new Set(numbers.map(({ operation }) => operation)).size).toBeGreaterThan(5);
  for (const { operation, method, name, pathWith } of numbers) {
    const answer = await plane.call(method, pathWith('0x10'), undefined, { token: owner.token });
    const { fieldErrors = [] } = answer.body as { fieldErrors?: { field: string }[] };
    const fields = fieldErrors.map(({ field }) => field);
    const expected = { operation, status: 400, fields: expect.arrayContaining([name]) };
    expect({ operation, status: answer.status, fields }).toMatchObject(expected);
  }
});

test('a text is answered, however long it is', async () => {
  const texts = (await queries()).filter(({ type }) => type === 'string');
  expect(texts.length).toBeGreaterThan(30);
  const failed: string[] = [];
  for (const { operation, method, name, pathWith } of texts) {
    const { status } = await plane.call(method, pathWith('x'.repeat(2000)), undefined, {
      token: owner.token,
    });
    if (status >= 500) failed.push(`${operation} ${name}`);
  }
  expect(failed).toEqual([]);
});

test('an id of what the caller may not see is answered as one of nothing', async () => {
  const named = (await queries()).filter(({ name }) => /^(workspace|deployment)Ids?$/.test(name));
  expect(named.length).toBeGreaterThan(8);
  for (const { operation, method, name, pathWith } of named) {
    const ask = async (id: string, { token }: Account) => {
      const { status, body } = await plane.call(method, pathWith(id), undefined, { token });
      const said = JSON.stringify(body)
        .replaceAll(id, 'the id')
        .replace(/"requestId":"[^"]*",?/, '');
      return { operation, name, status, said };
    };
    const id = ids[name.replace(/s$/, '')] ?? '';
    expect(await ask(id, owner)).toMatchObject({ operation, name, status: 200 });
    expect(await ask(id, member)).toEqual(await ask(NOTHING, member));
  }
});

test('whom a deployment in another workspace is named with is not told', async () => {
  const { deploymentId = '' } = ids;
  const made = await plane.call('POST', `${owner.path}/workspaces`, { name: 'Another' }, owner);
  const another = Id.parse(made.body).id;
  for (const list of ['users', 'teams', 'tokens']) {
    const path = `${owner.path}/${list}?deploymentId=${deploymentId}&workspaceId=${another}`;
    expect(await plane.call('GET', path, undefined, owner)).toMatchObject({ status: 404 });
  }
});
