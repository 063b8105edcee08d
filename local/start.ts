/**
 * `npm start`: the whole platform on this machine. Sets up what is missing, starts everything, and on an empty
 * platform walks the first journey; `--empty` leaves it empty. Of one that is not, it tells where its Airflows are.
 * Ctrl-C stops all in order.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readArguments } from './arguments.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { lockHome, openHome } from './home.ts';
import { firstJourney } from './journey/journey.ts';
import type { FileLock } from './lock.ts';
import { isFree } from './ports.ts';
import { isEmpty } from './resources.ts';
import { linesOf, runningDeployments } from './running.ts';
import { prepare } from './setup/prepare.ts';

const root = join(import.meta.dirname, '..');
const say = (line: string) => console.log(line);

const Settings = z.object({
  WINDSOCK_HOME: z.string().min(1, 'must name a folder').default(join(root, '.windsock')),
  PORT: z.coerce
    .number('must be a number, as in PORT=8889 npm start')
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .max(65_535, 'must be 65535 or less')
    .default(8888),
});

let lock: FileLock | undefined;
let starting: Promise<Cloud> | undefined;
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

try {
  await start();
} catch (error) {
  if (!ending.signal.aborted) await fail(error);
}

async function start(): Promise<void> {
  const started = performance.now();
  const { empty } = readArguments(process.argv.slice(2));
  const { WINDSOCK_HOME, PORT: port } = readSettings();
  const home = openHome(WINDSOCK_HOME);
  lock = lockHome(home);
  await requireFreePort(port);
  const prepared = await prepare(home, root, say);
  starting = startCloud({ home, root, port, prepared, say, ending: ending.signal });
  const cloud = await starting;
  narrate(`Windsock is ready at ${cloud.origin} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!empty && (await isEmpty(cloud.ports))) {
    await firstJourney(cloud.origin, root, narrate).catch(tellOfJourney);
  } else {
    for (const line of linesOf(await runningDeployments(home, cloud.ports), cloud.origin)) narrate(line);
  }
  narrate(`Sign in or sign up at ${cloud.origin}/`);
  narrate('Ctrl-C stops everything.');
}

/** Says how the start goes; once all is to stop, that is no news any more. */
function narrate(line: string): void {
  if (!ending.signal.aborted) say(line);
}

/** The platform is there without its first journey: it goes on. */
function tellOfJourney(error: unknown): void {
  if (ending.signal.aborted) return;
  console.error(`\nThe first journey ended early: ${error instanceof Error ? error.message : error}`);
}

function readSettings(): z.infer<typeof Settings> {
  const parsed = Settings.safeParse(process.env);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}.`).join(' '));
}

async function requireFreePort(port: number): Promise<void> {
  if ((await isFree(port)) && (await isFree(port, '::1'))) return;
  throw new Error(
    `Port ${port} is in use. End the program that has it, or choose another: PORT=8889 npm start`,
  );
}

/** Stops all in order. A terminal sends Ctrl-C to npm too, which passes it on: a second signal changes nothing. */
async function stop(): Promise<void> {
  if (ending.signal.aborted) return;
  say('Stopping ...');
  ending.abort();
  await end(0);
}

async function fail(error: unknown): Promise<void> {
  const because = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.message}` : '';
  console.error(`\nwindsock: ${error instanceof Error ? error.message : error}${because}`);
  await end(1);
}

async function end(exitCode: number): Promise<void> {
  const [started] = await Promise.allSettled([starting]);
  if (started.status === 'fulfilled') await started.value?.stop();
  lock?.release();
  if (exitCode === 0) say('Stopped.');
  process.exit(exitCode);
}
