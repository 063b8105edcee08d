import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { routes } from '../../../functions/api/table.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

const Operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.enum(['path', 'query', 'header']) })),
  security: z.array(z.record(z.string(), z.tuple([]))),
  responses: z.record(z.string(), z.looseObject({})),
});
const Document = z.looseObject({
  openapi: z.literal('3.1.1'),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }),
});

describe('openapi.json', () => {
  test('is OpenAPI 3.1, whose references all lead somewhere', async () => {
    const { status, body } = await plane.call('GET', '/openapi.json');
    expect(status).toBe(200);
    const validator = new Validator();
    expect(await validator.validate(structuredClone(Document.parse(body)))).toEqual({ valid: true });
    expect(() => validator.resolveRefs()).not.toThrow();
  });

  test('has every route of the table with its operation, parameters and credential', async () => {
    const { paths } = Document.parse((await plane.call('GET', '/openapi.json')).body);
    for (const route of routes) {
      const operation = paths[route.path]?.[route.method.toLowerCase()];
      expect(operation?.operationId).toBe(route.operation);
      const inPath = operation?.parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath?.map(({ name }) => `{${name}}`)).toEqual(route.path.match(/\{\w+\}/g) ?? []);
      const isOpen = ['public', 'signed-url'].includes(route.access.kind);
      expect(operation?.security.length).toBe(isOpen ? 0 : 1);
      expect(Object.keys(operation?.responses ?? {}).some((code) => code < '400')).toBe(true);
    }
  });

  test('names what several operations share', async () => {
    const { components } = Document.parse((await plane.call('GET', '/openapi.json')).body);
    const named = ['CreateDeploymentRequest', 'Deployment', 'Error', 'Organization', 'Subject', 'Workspace'];
    expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(named));
  });
});

test('every POST takes an Idempotency-Key, and every change of what has an ETag an If-Match', async () => {
  const { paths } = Document.parse((await plane.call('GET', '/openapi.json')).body);
  for (const { path, method } of routes) {
    const headers = paths[path]?.[method.toLowerCase()]?.parameters.filter((one) => one.in === 'header');
    const names = headers?.map(({ name }) => name);
    expect(names?.includes('Idempotency-Key'), `${method} ${path}`).toBe(method === 'POST');
    const hasTag = paths[path]?.get?.parameters.some(({ name }) => name === 'If-None-Match') ?? false;
    const isOfOne = path.endsWith('}');
    if (isOfOne && hasTag && method !== 'GET') expect(names, `${method} ${path}`).toContain('If-Match');
  }
});

test('the page of the API has every operation, and loads and runs nothing', async () => {
  const { status, headers, body } = await plane.call('GET', '/docs');
  expect(status).toBe(200);
  expect(headers['content-type']).toContain('text/html');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  for (const { operation } of routes) expect(body).toContain(`<section id="${operation}">`);
  expect(body).not.toMatch(/<script|src=|https?:/);
});
