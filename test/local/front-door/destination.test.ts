import fc from 'fast-check';
import { expect, it } from 'vitest';
import { destinationOf } from '../../../local/front-door/destination.ts';

const ns = 'solar-wind-a1b2c3';

it.each([
  ['/v1/organizations', 'api'],
  ['/', 'api'],
  ['/signin?next=/x', 'api'],
  ['/%73olar-wind-a1b2c3/', 'api'],
  ['/_local/mail?to=a', 'local'],
  ['/_localhost', 'api'],
  [`/${ns}`, 'airflow'],
  [`/${ns}/`, 'airflow'],
  [`/${ns}?a=/execution`, 'airflow'],
  [`/${ns}/dags/execution/runs`, 'airflow'],
  [`/${ns}/api/v2/dags/a%2Fb`, 'airflow'],
  [`/${ns}/api/v2/dags/100%25`, 'airflow'],
  [`/${ns}/static/..a/x`, 'airflow'],
  ['http://localhost/v1', 'nowhere'],
  ['*', 'nowhere'],
])('%s goes to %s', (url, kind) => {
  expect(destinationOf(url).kind).toBe(kind);
});

it.each([
  'execution',
  'execution/',
  'execution/task-instances/x/run',
  'EXECUTION/',
  '/execution/',
  '//execution',
  './execution/',
  'api/../execution/',
  '%65xecution/',
  '%2565xecution/',
  '%2fexecution/',
  'api%2f..%2fexecution/',
  'api/%2e%2e/execution/',
  '..;/execution/',
  'api\\..\\execution',
  '%5cexecution',
  'execution%20/',
  'execution?x',
  'execution#x',
  'edge_worker/v1/jobs/fetch',
  'edge%5Fworker/v1',
  'edge_worker',
  '..',
  'api/%ff',
])('%s of a deployment leads nowhere', (path) => {
  expect(destinationOf(`/${ns}/${path}`).kind).toBe('nowhere');
});

it('no encoding of an internal path leads to Airflow', () => {
  const piece = fc.constantFrom('/', '//', '/./', '%2f', '%2F/', '\\', '%5c', '/%2e/', '');
  const encoded = (text: string) =>
    fc.array(fc.nat(2), { minLength: text.length, maxLength: text.length }).map((levels) =>
      [...text]
        .map((letter, i) => {
          const hex = letter.charCodeAt(0).toString(16);
          return [letter, `%${hex}`, `%25${hex}`][levels[i] ?? 0] ?? letter;
        })
        .join(''),
    );
  const name = fc.constantFrom('execution', 'edge_worker', 'Execution').chain(encoded);
  fc.assert(
    fc.property(piece, name, piece, (before, internal, after) => {
      expect(destinationOf(`/${ns}/${before}${internal}${after}x`).kind).not.toBe('airflow');
    }),
  );
});
