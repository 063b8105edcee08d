import { expect, test } from 'vitest';
import { withoutValues } from '../../../core/workflow/redact.ts';

const KEY = '-----BEGIN KEY-----\nabcdefgh"ijkl\nmnop\'qrst\nü\n-----END KEY-----';

test.each([
  ['as it is', KEY],
  ['as JSON', JSON.stringify(KEY)],
  ['as Python shows it', `'${KEY.replaceAll('\n', '\\n').replaceAll("'", "\\'")}'`],
  ['as JSON of ASCII alone', JSON.stringify(KEY).replace('ü', '\\u00fc')],
  ['a line of it', 'it began with abcdefgh"ijkl and went on'],
])('a value is not shown %s', (_, text) => {
  const shown = withoutValues([KEY], `ValueError: ${text}`);
  for (const part of ['abcdefgh', 'ijkl', 'BEGIN']) expect(shown).not.toContain(part);
  expect(shown).toContain('***');
});

test('what is too short to be a secret stays', () => {
  expect(withoutValues(['no', 'a\nb'], 'no, a and b')).toBe('no, a and b');
});

test('of two values of which one is a part of the other, nothing is left', () => {
  expect(withoutValues(['secret', 'secret-longer'], 'secret-longer and secret')).toBe('*** and ***');
});
