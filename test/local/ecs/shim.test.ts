import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endMarked, MARKER } from '../../../local/ecs/reaper.ts';
import {
  type ContainerSpec,
  type ContainerStatus,
  endUnclaimed,
  observe,
  requestStop,
  startShim,
} from '../../../local/ecs/shim.ts';
import { parseLine } from '../../../local/logs/layout.ts';
import { eventually } from '../support/home.ts';
import { wholeLines } from '../support/lines.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'windsock-shim-')));
  mkdirSync(join(folder, 'work'));
});
afterEach(async () => {
  await eventually('nothing is left', () => endMarked((path) => path.startsWith(folder)) === 0);
  rmSync(folder, { recursive: true });
});

function spec(line: string, more: Partial<ContainerSpec> = {}): ContainerSpec {
  const status = join(folder, 'main.json');
  return {
    status,
    folder: join(folder, 'work'),
    command: ['sh', '-c', line],
    environment: { PATH: '/usr/bin:/bin', [MARKER]: status },
    log: join(folder, 'main.log'),
    rotateBytes: 1_000_000,
    memoryBytes: null,
    healthCheck: null,
    restartPolicy: null,
    stopDelay: 0,
    stopTimeout: 60,
    ...more,
  };
}

function read(name: string): string {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** What a log says, without the times. */
const messages = (log = 'main.log') => wholeLines(join(folder, log)).map((line) => parseLine(line)?.message);

async function runToEnd(given: ContainerSpec): Promise<ContainerStatus | undefined> {
  expect(await startShim('python3', given)).toBeUndefined();
  return observe(given.status);
}

describe('the container', () => {
  test('ends with its exit code, or 128 and the signal that ended it', async () => {
    expect(await runToEnd(spec('exit 42'))).toMatchObject({ state: 'STOPPED', exitCode: 42 });
    rmSync(join(folder, 'main.json'));
    expect(await runToEnd(spec('kill -15 $$'))).toMatchObject({ state: 'STOPPED', exitCode: 143 });
  });

  test('is run by one shim only', async () => {
    const given = spec('echo ran >> ran; sleep 0.5');
    const complaints = await Promise.all([1, 2, 3].map(() => startShim('python3', given)));
    expect(complaints.filter((complaint) => complaint?.includes('FileExistsError'))).toHaveLength(2);
    expect(read('work/ran')).toBe('ran\n');
  });

  test('that was ended before it was claimed never runs', async () => {
    const given = spec('echo ran >> ran');
    endUnclaimed(given.status, 'not wanted');
    await startShim('python3', given);
    expect(observe(given.status)).toMatchObject({ state: 'STOPPED', reason: 'not wanted' });
    expect(read('work/ran')).toBe('');
  });

  test('does not run from half a specification', async () => {
    const shim = spawn('python3', ['-I', '-S', 'local/ecs/shim'], { stdio: ['pipe', 'ignore', 'ignore'] });
    shim.stdin.end(JSON.stringify(spec('echo ran >> ran')).slice(0, -10));
    await once(shim, 'exit');
    expect(existsSync(join(folder, 'main.json'))).toBe(false);
  });

  test('gets no open file of its shim, and is ended by a broken pipe as any program is', async () => {
    const files = 'import os; print(sorted(set(os.listdir("/proc/self/fd")) - {"3"}))';
    await runToEnd(spec('', { command: ['python3', '-c', files] }));
    rmSync(join(folder, 'main.json'));
    await runToEnd(spec('(yes; echo "ended with $?" >&2) | head -1'));
    // Output and errors are read from two pipes, in any order.
    expect(new Set(messages())).toEqual(new Set(["['0', '1', '2']", 'y', 'ended with 141']));
  });
});

test('a full disk ends no container, and its exit status is told once there is room again', () => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const status = join(disk, 'main.json');
  const given = spec('head -c 1m /dev/zero > fill; echo lost; exit 7', {
    status,
    folder: disk,
    log: join(disk, 'main.log'),
    environment: { PATH: '/usr/bin:/bin', [MARKER]: status },
  });
  const script = `mount -t tmpfs -o size=64k none ${disk}
    printf %s "$SPEC" | python3 -I -S local/ecs/shim &
    until [ -e ${disk}/fill ] && ls ${status}.*.new > /dev/null 2>&1; do sleep 0.02; done
    rm ${disk}/fill
    wait $!
    cat ${status}`;
  const run = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script], {
    encoding: 'utf8',
    env: { ...process.env, SPEC: JSON.stringify(given) },
  });
  expect(JSON.parse(run.stdout)).toMatchObject({ state: 'STOPPED', exitCode: 7 });
});

test('a container that is to serve on for a while is told to stop after it, once', async () => {
  const line = 'trap "date +%s%3N >> stopped; exit 0" TERM; echo ready > ready; while :; do sleep 0.02; done';
  const given = spec(line, { stopDelay: 0.5 });
  const ended = startShim('python3', given);
  await eventually('it runs', () => read('work/ready') !== '');
  const asked = Date.now();
  requestStop(given.status);
  requestStop(given.status);
  await ended;
  expect(Number(read('work/stopped')) - asked).toBeGreaterThanOrEqual(500);
  expect(observe(given.status)).toMatchObject({ state: 'STOPPED', exitCode: 0 });
});

describe('the restart policy', () => {
  test('restarts a container that ran long enough, but for the exit codes that it ignores', async () => {
    const restartPolicy = { ignoredExitCodes: [0], restartAttemptPeriod: 0.2 };
    const line = 'echo run >> runs; sleep 0.3; test $(wc -l < runs) -ge 3 && exit 0; exit 1';
    expect(await runToEnd(spec(line, { restartPolicy }))).toMatchObject({ exitCode: 0, restarts: 2 });
  });

  test('leaves a container that ended too soon', async () => {
    const restartPolicy = { ignoredExitCodes: [], restartAttemptPeriod: 60 };
    expect(await runToEnd(spec('exit 1', { restartPolicy }))).toMatchObject({ exitCode: 1, restarts: 0 });
  });

  test('does not restart a container that was stopped', async () => {
    const restartPolicy = { ignoredExitCodes: [], restartAttemptPeriod: 0 };
    const given = spec('touch up; exec sleep 60', { restartPolicy });
    const ended = startShim('python3', given);
    await eventually('it is up', () => existsSync(join(folder, 'work/up')));
    requestStop(given.status);
    await ended;
    expect(observe(given.status)).toMatchObject({ exitCode: 143, restarts: 0 });
  });
});

describe('the health check', () => {
  const check = (line: string, more = {}) => ({
    command: ['sh', '-c', line],
    interval: 0.2,
    timeout: 60,
    retries: 2,
    startPeriod: 0,
    ...more,
  });

  async function healthOf(given: ContainerSpec, wanted: string): Promise<ContainerStatus | undefined> {
    const ended = startShim('python3', given);
    await eventually(`it is ${wanted}`, () => observe(given.status)?.health === wanted);
    const status = observe(given.status);
    requestStop(given.status);
    await ended;
    return status;
  }

  test('fails after its retries, and tells what it printed', async () => {
    const line = 'echo tried >> tries; echo "not yet: $(wc -l < tries)"; exit 1';
    const given = spec('exec sleep 60', { healthCheck: check(line) });
    expect(await healthOf(given, 'UNHEALTHY')).toMatchObject({ healthOutput: 'not yet: 2' });
  });

  test('forgives failures in the start period, in which it asks sooner than the interval', async () => {
    const line = 'echo tried >> tries; test $(wc -l < tries) -ge 3';
    const healthCheck = check(line, { startPeriod: 3600, interval: 3600, retries: 1 });
    await healthOf(spec('exec sleep 60', { healthCheck }), 'HEALTHY');
  });

  test('asks sooner than the interval after a restart of the container too', async () => {
    const line = 'test -e restarted';
    const healthCheck = check(line, { startPeriod: 3600, interval: 3600, retries: 1 });
    const restartPolicy = { ignoredExitCodes: [], restartAttemptPeriod: 0 };
    const command = 'test -e first && touch restarted && exec sleep 60; touch first; exit 1';
    const status = await healthOf(spec(command, { healthCheck, restartPolicy }), 'HEALTHY');
    expect(status?.restarts).toBe(1);
  });

  test('gets healthy again', async () => {
    const given = spec('exec sleep 60', { healthCheck: check('test -e up') });
    const ended = startShim('python3', given);
    const up = join(folder, 'work/up');
    for (const wanted of ['HEALTHY', 'UNHEALTHY', 'HEALTHY']) {
      if (wanted === 'HEALTHY') writeFileSync(up, '');
      else rmSync(up);
      await eventually(`it is ${wanted}`, () => observe(given.status)?.health === wanted);
    }
    requestStop(given.status);
    await ended;
  });

  test('that does not answer in time has failed, and leaves nothing behind', async () => {
    const given = spec('exec sleep 60', { healthCheck: check('sleep 60', { timeout: 0.3 }) });
    expect(await healthOf(given, 'UNHEALTHY')).toMatchObject({ healthOutput: 'no answer within 0.3 s.' });
  });
});

describe('more memory than the limit', () => {
  const memoryBytes = 100 * 1024 * 1024;
  /** Python that holds so many MiB until it is ended. */
  const hold = (mebibytes: number) =>
    `python3 -c "import time; block = bytearray(${mebibytes} * 1024 * 1024); time.sleep(60)"`;
  const told = (name: string) =>
    new RegExp(
      `^OutOfMemoryError: killed process \\d+ \\(${name}\\), which used \\d+ MiB; all of this container's used \\d+ of 100 MiB$`,
    );

  test('kills the largest process, which the log names, and leaves the others', async () => {
    const line = `${hold(20)} & small=$!; ${hold(200)}; echo "it ended with $?"; kill $small && echo small; exit 3`;
    const status = await runToEnd(spec(line, { memoryBytes }));
    expect(status).toMatchObject({ state: 'STOPPED', exitCode: 3 });
    expect(status?.reason).toBeUndefined();
    expect(messages()).toEqual([
      expect.stringMatching(told('python3')),
      'Killed',
      'it ended with 137',
      'small',
    ]);
  });

  test('names who started the process, when that gave itself a title', async () => {
    const script = `exec -a 'airflow worker -- greedy takes_all' bash <<< '${hold(200)}; exit 3'`;
    const status = await runToEnd(spec('', { command: ['bash', '-c', script], memoryBytes }));
    expect(status).toMatchObject({ state: 'STOPPED', exitCode: 3 });
    expect(messages()).toContainEqual(
      expect.stringMatching(told('python3 of airflow worker -- greedy takes_all')),
    );
  });

  test('ends the container when that is its main process', async () => {
    const status = await runToEnd(spec(`exec ${hold(200)}`, { memoryBytes }));
    expect(status).toMatchObject({
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    });
    expect(messages()).toEqual([expect.stringMatching(told('python3'))]);
  });

  test('is told of a container that is then started again, too', async () => {
    const restartPolicy = { ignoredExitCodes: [], restartAttemptPeriod: 0 };
    const line = `test -e first && exit 0; touch first; exec ${hold(200)}`;
    const ended = startShim('python3', spec(line, { memoryBytes, restartPolicy }));
    await eventually('it was started again', () => (observe(join(folder, 'main.json'))?.restarts ?? 0) > 0);
    requestStop(join(folder, 'main.json'));
    await ended;
    expect(messages()).toEqual([expect.stringMatching(told('python3'))]);
  });

  test("of processes that hide theirs is seen, and what such forks share is nobody's surplus", async () => {
    // To an unprivileged shim, which is what another user's is, as Airflow hides its tasks.
    writeFileSync(
      join(folder, 'unprivileged'),
      '#!/bin/sh\nexec unshare --user --map-user=1000 --map-group=1000 python3 "$@"\n',
      { mode: 0o755 },
    );
    writeFileSync(
      join(folder, 'work/forks.py'),
      [
        'import ctypes, os, time',
        'block = bytearray(40 * 1024 * 1024)',
        'def fork(more):',
        '    if os.fork() == 0:',
        '        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)',
        '        for _ in range(4): time.sleep(1)',
        '        block = bytearray(more * 1024 * 1024)',
        '        time.sleep(60)',
        'fork(1), fork(2), fork(200)',
        'print("ended with", os.waitstatus_to_exitcode(os.wait()[1]))',
      ].join('\n'),
    );
    const command = ['python3', '-u', 'forks.py'];
    const begun = Date.now();
    expect(await startShim(join(folder, 'unprivileged'), spec('', { command, memoryBytes }))).toBeUndefined();
    expect(Date.now() - begun).toBeGreaterThan(4_000);
    expect(observe(join(folder, 'main.json'))).toMatchObject({ exitCode: 0 });
    expect(messages()).toEqual([expect.stringMatching(told('python3')), 'ended with -9']);
  });
});

describe('the log', () => {
  test('has a line for every line, the last one without a line break too', async () => {
    const before = Date.now();
    await runToEnd(spec("printf 'one\\r\\ntwo\\n\\nlast'"));
    const lines = read('main.log').trimEnd().split('\n').map(parseLine);
    expect(lines.map((line) => line?.message)).toEqual(['one', 'two', '', 'last']);
    expect(lines.every((line) => line !== undefined && line.timestamp >= before)).toBe(true);
  });

  test('is rotated by size', async () => {
    const written = 'until grep -qs line-$i ../main.log*; do sleep 0.02; done';
    await runToEnd(spec(`for i in $(seq 7); do echo line-$i; ${written}; done`, { rotateBytes: 60 }));
    expect(messages('main.log.1')).toEqual(['line-4', 'line-5', 'line-6']);
    expect(messages()).toEqual(['line-7']);
  });

  test('on a full disk does not stop the container', async () => {
    expect(await runToEnd(spec('seq 1 10000; exit 5', { log: '/dev/full' }))).toMatchObject({ exitCode: 5 });
  });
});
