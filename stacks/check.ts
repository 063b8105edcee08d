/** Type-checks the stacks. SST ships its components as sources, whose own errors under our settings are left out. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installPlatform } from './setup.ts';

installPlatform();
const { stdout } = spawnSync('tsc', ['-p', 'stacks', '--pretty', 'false'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  encoding: 'utf8',
});
const errors = stdout.split(/\n(?=\S)/).filter((error) => error.trim() !== '' && !error.startsWith('.sst/'));
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exitCode = 1;
}
