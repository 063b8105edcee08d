import { join } from 'node:path';
import { z } from 'zod';
import { createClient } from './client.ts';
import { deployDags, healthyDeployment, successfulRun, triggerDag } from './deployment.ts';
import { askForAccount, codeFromMailbox, verify } from './person.ts';

const PROJECT = 'examples/etl';
const DAG = 'planets';

/**
 * Walks the first journey through the public HTTP API alone, saying each step with its time: sign-up,
 * verification, the trial's deployment, a deploy of `examples/etl`, the first successful run; then where everything
 * is. `root` is the repository's folder.
 */
export async function firstJourney(origin: string, root: string, say: (line: string) => void): Promise<void> {
  const step = timed(say);
  const started = performance.now();
  say('\nThe first journey, through the public API:');
  const account = await step('signed up', askForAccount(origin));
  say(`  (account ${account.email}, password ${account.password})`);
  const code = await step('the code came by mail', codeFromMailbox(origin, account.email));
  const { token, organizationId } = await step('verified', verify(origin, account.signupId, code));
  say(`  (token ${token})`);
  const client = createClient(origin, token);
  const deployment = await step(
    'the trial has a HEALTHY deployment',
    healthyDeployment(client, organizationId),
  );
  const project = join(root, PROJECT);
  await step(`deployed ${PROJECT}`, deployDags(client, organizationId, deployment.id, project));
  const run = await step(`triggered the DAG ${DAG}`, triggerDag(client, deployment.namespace, DAG));
  await step('its run succeeded', successfulRun(client, deployment.namespace, DAG, run));
  say(line('from sign-up to a DAG that ran', started));

  const link = await client.post('/v1alpha1/signin-links', undefined, z.object({ url: z.string() }));
  say(`
Airflow    ${deployment.webServerUrl}
API        ${origin}/v1/organizations/${organizationId}
Sign in    ${link.url}&next=/${deployment.namespace}/ (once)
Account    ${account.email}, password ${account.password}
Token      ${token}
`);
}

function timed(say: (line: string) => void) {
  return async <T>(title: string, work: Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work;
    say(line(title, started));
    return result;
  };
}

function line(title: string, started: number): string {
  return `  ${title.padEnd(40)}${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`;
}
