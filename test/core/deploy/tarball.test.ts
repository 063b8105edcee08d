import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { checkTarball } from '../../../core/deploy/tarball.ts';
import { type Entry, tarball } from '../../support/tarball.ts';

const DAG = { name: 'dags/one.py', content: 'print(1)' };

test('takes files, folders and links that stay inside', async () => {
  const bytes = await tarball([
    { name: 'dags/', type: 'directory' },
    DAG,
    { name: 'dags/sub/two.py', content: '' },
    { name: 'dags/link.py', type: 'symlink', linkname: './one.py' },
    { name: 'dags/up.py', type: 'symlink', linkname: '../include/three.py' },
    { name: 'dags/hard.py', type: 'link', linkname: 'dags/one.py' },
    { name: `dags/${'long/'.repeat(40)}name.py`, content: 'x' },
  ]);
  await expect(checkTarball(bytes)).resolves.toBeUndefined();
});

test('takes a tar without entries: a deploy that removes all DAGs', async () => {
  await expect(checkTarball(await tarball([]))).resolves.toBeUndefined();
});

const hostile: readonly (readonly [string, Entry, RegExp])[] = [
  ['an absolute path', { name: '/etc/passwd' }, /"\/etc\/passwd" is outside/],
  ['a path that climbs', { name: 'dags/../../x' }, /outside of the bundle/],
  ['a path that only climbs', { name: '..' }, /outside of the bundle/],
  ['a link to an absolute path', { name: 'dags/a', type: 'symlink', linkname: '/etc/passwd' }, /leads out/],
  ['a link that climbs', { name: 'dags/a', type: 'symlink', linkname: '../../x' }, /leads out/],
  ['a hard link out', { name: 'dags/a', type: 'link', linkname: '../x' }, /leads out/],
  ['a device', { name: 'dags/null', type: 'character-device' }, /is a character-device/],
  ['a pipe', { name: 'dags/pipe', type: 'fifo' }, /is a fifo/],
];

test.each(hostile)('refuses %s', async (_, entry, message) => {
  await expect(checkTarball(await tarball([DAG, entry]))).rejects.toThrow(message);
});

test('refuses what is no gzip, no tar, cut off, or has no dags', async () => {
  await expect(checkTarball(Buffer.from('hello'))).rejects.toThrow(/not a gzipped tar/);
  await expect(checkTarball(gzipSync('x'.repeat(2000)))).rejects.toThrow(/not a gzipped tar/);
  const whole = await tarball([DAG]);
  await expect(checkTarball(whole.subarray(0, whole.length - 12))).rejects.toThrow(/not a gzipped tar/);
  await expect(checkTarball(await tarball([{ name: 'one.py' }]))).rejects.toThrow(/no folder dags/);
});

test('refuses a bomb before it is unpacked', async () => {
  const content = Buffer.alloc(64 * 1024 * 1024);
  const bytes = await tarball(Array.from({ length: 9 }, (_, part) => ({ name: `dags/${part}`, content })));
  await expect(checkTarball(bytes)).rejects.toThrow(/unpacks to more than/);
});

test('refuses more entries than a bundle may have', async () => {
  const bytes = await tarball(Array.from({ length: 50_001 }, (_, entry) => ({ name: `dags/${entry}` })));
  await expect(checkTarball(bytes)).rejects.toThrow(/more than 50000 entries/);
});
