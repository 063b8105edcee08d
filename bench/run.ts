/**
 * `npm run bench -- <name> ...`: runs benchmarks one after another, each on a platform of its own, and prints their
 * tables. `--rounds <n>` changes how often each one measures. Progress goes to standard error.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { api } from './api.ts';
import { change } from './change.ts';
import { clone } from './clone.ts';
import { create } from './create.ts';
import { deploy } from './deploy.ts';
import { footprint } from './footprint.ts';
import { mix } from './mix.ts';
import { scale } from './scale.ts';
import { start } from './start.ts';
import { say } from './support/table.ts';
import { throughput } from './throughput.ts';

interface Benchmark {
  readonly what: string;
  /** How often it measures unless told. */
  readonly rounds: number;
  readonly run: (rounds: number) => Promise<void>;
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  create: {
    what: 'a deployment HEALTHY and its first run, against airflow standalone',
    rounds: 3,
    run: create,
  },
  change: {
    what: 'changes and rollbacks until HEALTHY, against restarts by hand, and what is away meanwhile',
    rounds: 1,
    run: change,
  },
  deploy: { what: 'a deploy until Airflow shows its DAGs', rounds: 10, run: deploy },
  throughput: {
    what: '60 runs among 300 DAGs, against Airflow with its defaults',
    rounds: 1,
    run: throughput,
  },
  api: { what: 'requests a second, latency and DynamoDB operations of the API', rounds: 1, run: api },
  mix: { what: '50 clients that read and write, 30 s a round, and what is lost', rounds: 1, run: mix },
  scale: { what: 'routes and the clock from 10 to 10,000 deployments', rounds: 1, run: scale },
  start: { what: 'a start that finds everything, and Ctrl-C', rounds: 5, run: start },
  footprint: {
    what: 'memory and idle CPU of the control plane and of a deployment',
    rounds: 1,
    run: footprint,
  },
  clone: { what: 'npm start on a bare clone until a DAG ran', rounds: 1, run: clone },
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in benchmarks));
if (positionals.length === 0 || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no benchmark ${name}.`);
  console.error('usage: npm run bench -- <name> ... [--rounds <n>]');
  for (const [name, { what }] of Object.entries(benchmarks)) console.error(`  ${name.padEnd(12)}${what}`);
  process.exitCode = 1;
} else {
  for (const name of positionals) await measure(name);
}

async function measure(name: string): Promise<void> {
  const benchmark = benchmarks[name];
  if (benchmark === undefined) return;
  const load = () => loadavg()[0]?.toFixed(1);
  say(`${name}: ${benchmark.what}`);
  const before = load();
  await benchmark.run(Number(values.rounds ?? benchmark.rounds));
  console.log(`\n${cpus().length} cores; load ${before} before and ${load()} after \`${name}\`.`);
}
