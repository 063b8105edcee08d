import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { readBody } from './body.ts';
import type { S3Answer, S3Call } from './call.ts';
import { checkWrite } from './conditions.ts';
import { S3Error } from './errors.ts';
import type { Part } from './index.ts';
import { keptHeaders } from './objects.ts';
import type { Store } from './store.ts';
import { fromXml, toXml } from './xml.ts';

/** CreateMultipartUpload, by which the SDKs' transfer managers send what is larger than 8 MB. */
export function createUpload({ store, bucket, key, headers }: S3Call): S3Answer {
  store.demandBucket(bucket);
  const id = randomUUID();
  store.index.addUpload(id, bucket, key, keptHeaders(headers), store.now());
  const content = { Bucket: bucket, Key: key, UploadId: id };
  return { status: 200, body: toXml('InitiateMultipartUploadResult', content) };
}

/** UploadPart: a part sent again replaces the former of its number. */
export async function uploadPart(call: S3Call): Promise<S3Answer> {
  const { store, bucket, query, headers, body } = call;
  const { id } = demandUpload(call);
  const number = Number(query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new S3Error('InvalidArgument', 'partNumber must be a whole number from 1 to 10000.');
  }
  const content = readBody(body, headers);
  const blob = await store.write(bucket, content.data);
  const part = { number, blob: blob.name, etag: `"${blob.md5}"`, size: blob.size };
  const replaced = store.index.parts(id).find((other) => other.number === number);
  store.index.putPart(id, part);
  if (replaced !== undefined) store.remove(bucket, replaced.blob);
  return { status: 200, headers: { etag: part.etag, ...content.checksums() } };
}

const completeRequest = z.object({
  CompleteMultipartUpload: z.object({
    Part: z.array(z.object({ PartNumber: z.coerce.number(), ETag: z.string() })).min(1),
  }),
});

/** CompleteMultipartUpload: joins the named parts into the object. */
export async function completeUpload(call: S3Call): Promise<S3Answer> {
  const { store, bucket, key, headers } = call;
  const { id, kept } = demandUpload(call);
  const request = fromXml(await call.text(), completeRequest).CompleteMultipartUpload.Part;
  const all = store.index.parts(id);
  const parts = request.map((named, place) => {
    const part = all.find(({ number }) => number === named.PartNumber);
    if (part === undefined || part.etag.replaceAll('"', '') !== named.ETag.replaceAll('"', '')) {
      throw new S3Error('InvalidPart', `Part ${named.PartNumber} was not uploaded, or with another ETag.`);
    }
    if (place > 0 && named.PartNumber <= (request[place - 1]?.PartNumber ?? 0)) {
      throw new S3Error('InvalidPartOrder', 'The parts must stand in ascending order.');
    }
    return part;
  });
  const blob = await store.write(bucket, join(store, bucket, parts));
  const etag = joinedEtag(parts);
  const object = { blob: blob.name, etag, size: blob.size, modified: store.now(), headers: kept };
  store.commit(bucket, key, object, (current) => checkWrite(headers, current));
  forget(store, bucket, id, all);
  const content = { Location: `/${bucket}/${key}`, Bucket: bucket, Key: key, ETag: etag };
  return { status: 200, body: toXml('CompleteMultipartUploadResult', content) };
}

/** AbortMultipartUpload: forgets the upload and its parts. */
export function abortUpload(call: S3Call): S3Answer {
  const { id } = demandUpload(call);
  forget(call.store, call.bucket, id, call.store.index.parts(id));
  return { status: 204 };
}

function demandUpload({ store, bucket, key, query }: S3Call) {
  const id = query.get('uploadId') ?? '';
  const upload = store.index.upload(id);
  if (upload === undefined || upload.bucket !== bucket || upload.key !== key) {
    throw new S3Error('NoSuchUpload', 'The upload does not exist; it may have been completed or aborted.');
  }
  return { id, kept: upload.headers };
}

function forget(store: Store, bucket: string, id: string, parts: readonly Part[]): void {
  store.index.removeUpload(id);
  for (const { blob } of parts) store.remove(bucket, blob);
}

async function* join(store: Store, bucket: string, parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const { blob } of parts) yield* createReadStream('', { fd: store.open(bucket, blob) });
}

/** S3's: the MD5 of the parts' MD5s, and their number. */
function joinedEtag(parts: readonly Part[]): string {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${md5.digest('hex')}-${parts.length}"`;
}
