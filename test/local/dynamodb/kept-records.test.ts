import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { keptRecords } from '../../../local/dynamodb/kept-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'windsock-kept-records-'));
afterEach(() => rmSync(folder, { recursive: true }));

test('a database that is not where it should be is an error, and none is made there', () => {
  const file = join(folder, 'dynamodb.db');
  expect(() => keptRecords(file, 'windsock').forgetBefore('1')).toThrow('unable to open database file');
  expect(existsSync(file)).toBe(false);
});
