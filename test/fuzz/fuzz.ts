import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readIfThere } from '../../local/files.ts';
import { type Client, createClient, signUp, type Tenant } from '../support/client.ts';
import { until } from '../support/platform.ts';
import { startRehearsal } from '../support/rehearsal.ts';

const Id = z.object({ id: z.string() });
/** The id of what was made; an invite has a name of its own for it. */
const Made = z.union([
  Id.transform(({ id }) => id),
  z.object({ inviteId: z.string() }).transform(({ inviteId }) => inviteId),
]);

/**
 * Asks every operation of `openapi.json` for all kinds of things, right and wrong, so many times, of a control
 * plane with a stand-in for Airflow; answers how many operations passed and failed. `environment` holds schemathesis.
 */
export async function fuzz(environment: string, cases: number): Promise<{ passed: number; failed: number }> {
  const cloud = await startRehearsal();
  const folder = mkdtempSync(join(tmpdir(), 'windsock-fuzz-'));
  try {
    const tenant = await signUp(cloud);
    const operator = createClient(cloud.url, cloud.operatorToken());
    await operator.post(`/v1alpha1/operator/organizations/${tenant.organizationId}`, { productPlan: 'TEAM' });
    const config = join(folder, 'schemathesis.toml');
    const report = join(folder, 'junit.xml');
    writeFileSync(config, configuration(cloud.operatorToken(), tenant, await makeThings(tenant)));
    const code = await run(
      resolve(environment, 'bin/schemathesis'),
      [
        `--config-file=${config}`,
        'run',
        `${cloud.url}/openapi.json`,
        `--max-examples=${cases}`,
        '--phases=coverage,fuzzing',
        // Threads that parse Python at the same time can fail before Python 3.11.8 (gh-106905), and Hypothesis parses.
        '--workers=1',
        `--report-junit-path=${report}`,
      ],
      folder,
    );
    const suites = /<testsuites [^>]*>/.exec(readIfThere(report) ?? '')?.[0] ?? '';
    const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suites)?.[1] ?? 0);
    const failed = count('failures') + count('errors');
    return { passed: count('tests') - failed, failed: code !== 0 && failed === 0 ? 1 : failed };
  } finally {
    await cloud.stop();
    rmSync(folder, { recursive: true });
  }
}

/** What the operations are asked about, and what they may delete. */
interface Things {
  readonly kept: Readonly<Record<string, string>>;
  readonly deleted: Readonly<Record<string, string>>;
}

async function makeThings({ client, organizationId, workspaceId }: Tenant): Promise<Things> {
  const organization = `/v1/organizations/${organizationId}`;
  const { id: userId } = Id.parse((await client.get('/v1/users/self')).body);
  const deploymentId = await make(client, `${organization}/deployments`, { name: 'kept', workspaceId });
  const deployId = await make(client, `${organization}/deployments/${deploymentId}/deploys`, {
    type: 'DAG_ONLY',
  });
  const teamId = await make(client, `${organization}/teams`, { name: 'kept' });
  const role = { scopeType: 'DEPLOYMENT', permissions: ['deployment.get'] };
  const roleId = await make(client, `${organization}/roles`, { name: 'kept', ...role });
  const token = { name: 'kept', scope: 'ORGANIZATION', role: 'ORGANIZATION_MEMBER' };
  const tokenId = await make(client, `${organization}/tokens`, token);
  const signup = {
    email: 'new@example.com',
    password: randomUUID(),
    fullName: 'New',
    organizationName: 'New',
  };
  const signupId = await make(client, '/v1alpha1/signups', signup);
  const invite = { inviteeEmail: 'invited@example.com', role: 'ORGANIZATION_MEMBER' };
  const deleted = {
    workspaceId: await make(client, `${organization}/workspaces`, { name: 'deleted' }),
    deploymentId: await make(client, `${organization}/deployments`, { name: 'deleted', workspaceId }),
    teamId: await make(client, `${organization}/teams`, { name: 'deleted', memberIds: [userId] }),
    roleId: await make(client, `${organization}/roles`, { name: 'deleted', ...role }),
    tokenId: await make(client, `${organization}/tokens`, { ...token, name: 'deleted' }),
    inviteId: await make(client, `${organization}/invites`, invite),
  };
  const ids = { organizationId, workspaceId, deploymentId, deployId, clusterId: 'local', revision: '1' };
  return { kept: { ...ids, teamId, roleId, tokenId, signupId, userId, memberId: userId }, deleted };
}

async function make(client: Client, path: string, body: unknown): Promise<string> {
  let id = '';
  await until(
    async () => {
      const answer = await client.post(path, body);
      if (answer.status === 200) id = Made.parse(answer.body);
      return answer.status === 200;
    },
    { seconds: 20, what: () => `POST ${path}` },
  );
  return id;
}

function configuration(operatorToken: string, { token }: Tenant, { kept, deleted }: Things): string {
  return `
hooks = "${join(import.meta.dirname, 'checks.py')}"
# It runs beside the other tests: how long it takes to think of something, and an answer to come, says nothing of the
# API. Neither does how many of the things that it thinks of it throws away.
suppress-health-check = ["too_slow", "filter_too_much"]
request-timeout = 60
wait-for-schema = 60
# A 400 also tells of what no schema says: a plan's limit, what the platform does not offer yet.
[checks.positive_data_acceptance]
enabled = false
[auth.openapi.token]
bearer = "${token}"
[auth.openapi.operatorToken]
bearer = "${operatorToken}"
[auth.openapi.frontDoor]
api_key = "unknown"
[parameters]
${parameters(kept)}
[[operations]]
include-method = "DELETE"
[operations.parameters]
${parameters({ ...kept, ...deleted })}
`;
}

function parameters(ids: Readonly<Record<string, string>>): string {
  return Object.entries(ids)
    .map(([name, id]) => `"path.${name}" = "${id}"`)
    .join('\n');
}

/** Runs a program in a folder, which it may write to, behind others of this session; answers its exit code. */
function run(program: string, args: readonly string[], cwd: string): Promise<number> {
  return new Promise((end, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('spawn', () => setPriority(child.pid ?? 0, constants.priority.PRIORITY_LOW));
    child.once('error', reject);
    child.once('exit', (code) => end(code ?? 1));
  });
}
