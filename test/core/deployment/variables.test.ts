import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isReserved, variableErrors } from '../../../core/deployment/variables.ts';

test('every setting that the runtime does not let users change is reserved', () => {
  const source = readFileSync('runtime/windsock_airflow/settings.py', 'utf8');
  const owned = source.slice(source.indexOf('def platform_settings('));
  const names = new Set([...owned.matchAll(/"(AIRFLOW__?[A-Z0-9_]+)"/g)].map(([, name = '']) => name));
  expect(names.size).toBeGreaterThan(20);
  for (const name of names) expect(isReserved(name), name).toBe(true);
});

test('what a user may set is not reserved', () => {
  for (const name of [
    'AIRFLOW__CORE__PARALLELISM',
    'AIRFLOW_VAR_X',
    'AWS_DEFAULT_REGION',
    'PYTHONPATH',
    'X',
  ]) {
    expect(isReserved(name), name).toBe(false);
  }
});

test('a setting that is read from a command or a secret instead is reserved too', () => {
  expect(isReserved('AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD')).toBe(true);
  expect(isReserved('AIRFLOW__CORE__FERNET_KEY_SECRET')).toBe(true);
});

test('each wrong variable is named, and all of them together when they are too large', () => {
  const fields = (...variables: { key: string; value?: string }[]) =>
    variableErrors(
      variables.map((variable) => ({ isSecret: false, ...variable })),
      [],
    ).map(({ field }) => field);
  expect(fields({ key: '1X', value: '' })).toEqual(['environmentVariables[0].key']);
  expect(fields({ key: 'OK', value: '' }, { key: 'WINDSOCK_X', value: '' })).toEqual([
    'environmentVariables[1].key',
  ]);
  expect(fields({ key: 'A', value: '' }, { key: 'A', value: '' })).toEqual(['environmentVariables[1].key']);
  expect(fields({ key: 'A' })).toEqual(['environmentVariables[0].value']);
  expect(fields({ key: 'A', value: 'x'.repeat(65_536) })).toEqual(['environmentVariables']);
});
