import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Answer, signUp, type Tenant } from '../../support/client.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Entry, tarball } from '../../support/tarball.ts';

const Begun = z.object({ id: z.string(), dagsUploadUrl: z.string() });
const BLOB = { 'x-ms-blob-type': 'BlockBlob' };
const DOT = Buffer.from('.');
const DAG: Entry = { name: 'dags/one.py', content: 'print(1)' };

let cloud: Rehearsal;
let tenant: Tenant;
let path: string;
beforeAll(async () => {
  cloud = await startRehearsal();
  tenant = await signUp(cloud);
  const deployments = `/v1/organizations/${tenant.organizationId}/deployments`;
  await until(
    async () => {
      const { body } = await tenant.client.get(deployments);
      const [trial] = z
        .object({ deployments: z.array(z.object({ id: z.string() })) })
        .parse(body).deployments;
      path = `${deployments}/${trial?.id}/deploys`;
      return trial !== undefined;
    },
    { seconds: 30, what: () => "the trial's deployment" },
  );
});
afterAll(() => cloud.stop());

async function begin(): Promise<z.infer<typeof Begun>> {
  return Begun.parse((await tenant.client.post(path, { type: 'DAG_ONLY', description: 'a test' })).body);
}

async function upload(url: string, body: Uint8Array, query = '', headers: Record<string, string> = BLOB) {
  return await fetch(`${url}${query}`, { method: 'PUT', headers, body: new Uint8Array(body) });
}

async function finalize(id: string, dagTarballVersion: string | null): Promise<Answer> {
  return await tenant.client.post(`${path}/${id}/finalize`, { dagTarballVersion });
}

/** Where what is uploaded to this URL is kept. */
function uploadsOf(url: string): string {
  const [, organizationId, deploymentId, deployId] = new URL(url).pathname.slice(1).split('/');
  return `${organizationId}/${deploymentId}/uploads/${deployId}/`;
}

/** Uploads at once and finalizes. */
async function deliver(bytes: Uint8Array): Promise<Answer> {
  const { id, dagsUploadUrl } = await begin();
  const { headers } = await upload(dagsUploadUrl, bytes);
  return await finalize(id, headers.get('x-ms-version-id'));
}

describe('an upload', () => {
  test('in blocks is put together in the order of its list', async () => {
    const bytes = await tarball([DAG]);
    const { id, dagsUploadUrl } = await begin();
    const ids = ['b25l', 'dHdv'];
    const parts = [bytes.subarray(0, 10), bytes.subarray(10)];
    for (const [index, part] of [...parts.entries()].toReversed()) {
      const put = await upload(dagsUploadUrl, part, `&comp=block&blockid=${ids[index]}`, {});
      expect(put.status).toBe(201);
    }
    const list = `<?xml version="1.0"?><BlockList>${ids.map((block) => `<Latest>${block}</Latest>`).join('')}</BlockList>`;
    const done = await upload(dagsUploadUrl, Buffer.from(list), '&comp=blocklist', {});
    expect(done.status).toBe(201);
    const version = done.headers.get('x-ms-version-id');
    expect(await finalize(id, version)).toMatchObject({ status: 200, body: { dagTarballVersion: version } });
  });

  test('needs the URL as it was answered, and only for an hour', async () => {
    const { dagsUploadUrl } = await begin();
    const other = await begin();
    const bytes = await tarball([DAG]);
    const forged = dagsUploadUrl.replace(/signature=.{4}/, 'signature=AAAA');
    expect((await upload(forged, bytes)).status).toBe(403);
    const foreign = dagsUploadUrl.replace(/\/[^/?]+\?/, `/${other.id}?`);
    expect((await upload(foreign, bytes)).status).toBe(403);
    const longer = dagsUploadUrl.replace(/expires=\d+/, 'expires=99999999999');
    expect((await upload(longer, bytes)).status).toBe(403);
    expect((await upload(dagsUploadUrl.replace(/\?.*/, ''), bytes, '?')).status).toBe(400);
  });

  test('of the wrong kind, of blocks that were not sent, or too large is refused with the field', async () => {
    const { dagsUploadUrl } = await begin();
    const kind = await upload(dagsUploadUrl, Buffer.from('x'), '', {});
    expect(await kind.json()).toMatchObject({ statusCode: 400, fieldErrors: [{ field: 'x-ms-blob-type' }] });
    const list = Buffer.from('<BlockList><Latest>nope</Latest></BlockList>');
    const unknown = await upload(dagsUploadUrl, list, '&comp=blocklist', {});
    expect(await unknown.json()).toMatchObject({ statusCode: 400, fieldErrors: [{ field: 'body' }] });
    const broken = await upload(dagsUploadUrl, Buffer.from('<BlockList'), '&comp=blocklist', {});
    expect(broken.status).toBe(400);
    const large = await upload(dagsUploadUrl, Buffer.alloc(4 * 1024 * 1024 + 1));
    expect(large.status).toBe(413);
  });
});

describe('a tarball', () => {
  const hostile: readonly (readonly [string, readonly Entry[]])[] = [
    ['an absolute path', [DAG, { name: '/etc/cron.d/x' }]],
    ['a path that climbs', [DAG, { name: '../../x' }]],
    ['a link that leads out', [DAG, { name: 'dags/x', type: 'symlink', linkname: '/etc/passwd' }]],
    ['a device', [DAG, { name: 'dags/x', type: 'character-device' }]],
    ['no dags', [{ name: 'one.py' }]],
  ];
  test.each(hostile)('with %s is refused', async (_, entries) => {
    const { status, body } = await deliver(await tarball(entries));
    expect(status).toBe(400);
    expect(body).toMatchObject({ fieldErrors: [{ field: 'dagTarballVersion' }] });
  });

  test('that is none is refused', async () => {
    expect(await deliver(Buffer.from('no tarball'))).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'dagTarballVersion' }] },
    });
  });
});

describe('a deploy', () => {
  test('is delivered once: the same version again is the same, another one is refused', async () => {
    const { id, dagsUploadUrl } = await begin();
    const first = (await upload(dagsUploadUrl, await tarball([DAG]))).headers.get('x-ms-version-id');
    const second = (await upload(dagsUploadUrl, await tarball([DAG, DAG]))).headers.get('x-ms-version-id');
    const answers = await Promise.all([finalize(id, first), finalize(id, first)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await finalize(id, second)).status).toBe(409);
    expect((await upload(dagsUploadUrl, await tarball([DAG]))).status).toBe(409);
  });

  test('of a version that was not uploaded is refused', async () => {
    const { id } = await begin();
    expect(await finalize(id, '2026-01-01T00:00:00.0000000Z')).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'dagTarballVersion' }] },
    });
  });

  test.each(['IMAGE_ONLY', 'IMAGE_AND_DAG', 'BUNDLE'])('of %s is not offered', async (type) => {
    expect(await tenant.client.post(path, { type })).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'type' }] },
    });
  });

  test('has a description that can be changed', async () => {
    const { id } = await begin();
    const changed = await tenant.client.post(`${path}/${id}`, { description: 'better' });
    expect(changed).toMatchObject({ status: 200, body: { description: 'better' } });
  });
});

test('deploys that come one after another are all carried out, and the last one runs', async () => {
  const answers = [];
  for (let number = 0; number < 5; number += 1) {
    answers.push(await deliver(await tarball([{ ...DAG, content: `print(${number})` }])));
  }
  const last = z.object({ dagTarballVersion: z.string() }).parse(answers.at(-1)?.body).dagTarballVersion;
  const Versions = z.object({ dagTarballVersion: z.string().optional(), status: z.string() });
  await until(
    async () => {
      const now = Versions.parse((await tenant.client.get(path.replace(/\/deploys$/, ''))).body);
      return now.status === 'HEALTHY' && now.dagTarballVersion === last;
    },
    { seconds: 50, what: () => `version ${last} to run` },
  );
  const statuses = z.object({
    deploys: z.array(z.object({ status: z.string(), dagTarballVersion: z.string().optional() })),
  });
  const { deploys } = statuses.parse((await tenant.client.get(`${path}?limit=1000`)).body);
  const delivered = deploys.filter(({ dagTarballVersion }) => dagTarballVersion !== undefined);
  expect(delivered.every(({ status }) => status === 'DEPLOYED')).toBe(true);
});

describe('what was uploaded', () => {
  test('goes with the operation that delivers it; what came too late for that, and what is never delivered, by the clock', async () => {
    const [abandoned, late] = [await begin(), await begin()];
    const bytes = await tarball([{ ...DAG, content: 'print("collected")' }]);
    const version = (await upload(abandoned.dagsUploadUrl, bytes)).headers.get('x-ms-version-id');
    const sent = (await upload(late.dagsUploadUrl, bytes)).headers.get('x-ms-version-id');
    const blocks = Array.from({ length: 20 }, (_, index) =>
      upload(late.dagsUploadUrl, DOT, `&comp=block&blockid=${index}`, {}),
    );
    const [delivered] = await Promise.all([finalize(late.id, sent), ...blocks]);
    expect(delivered.status).toBe(200);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const folder = uploadsOf(late.dagsUploadUrl).replace(/uploads.*/, '');
    await until(async () => (await status(late.id)) === 'DEPLOYED', {
      seconds: 30,
      what: () => 'the deploy',
    });
    expect(cloud.objects(uploadsOf(late.dagsUploadUrl)).join()).not.toContain('versions');

    await cloud.advanceClock(3600);
    expect((await upload(abandoned.dagsUploadUrl, bytes)).status).toBe(403);
    expect(cloud.objects(uploadsOf(abandoned.dagsUploadUrl))).toHaveLength(2);
    await cloud.advanceClock(3600);
    await until(async () => cloud.objects(`${folder}uploads/`).length === 0, {
      seconds: 30,
      what: () => 'all uploads to be collected',
    });
    expect(cloud.objects(`${folder}bundles/`)).toContain(`${folder}bundles/${digest}.tar.gz`);
    expect(await finalize(abandoned.id, version)).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'dagTarballVersion' }] },
    });
  });
});

async function status(id: string): Promise<string> {
  return z.object({ status: z.string() }).parse((await tenant.client.get(`${path}/${id}`)).body).status;
}
