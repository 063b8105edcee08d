import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningS3, startS3 } from './support.ts';

const at = { Bucket: 'cell', Key: 'large' };
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand(at));
});
afterAll(() => s3.stop());

const begin = async () =>
  (await s3.client.send(new CreateMultipartUploadCommand({ ...at, ContentType: 'text/plain' }))).UploadId ??
  '';
const send = async (UploadId: string, PartNumber: number, Body: string) => {
  const { ETag } = await s3.client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
  return { PartNumber, ETag };
};
const complete = (UploadId: string, Parts: { PartNumber: number; ETag: string | undefined }[]) =>
  s3.client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
const blobs = () => readdirSync(join(s3.folder, at.Bucket)).length;

describe('a multipart upload', () => {
  it('becomes one object when it is completed, of the parts as they were last sent', async () => {
    const id = await begin();
    const second = await send(id, 2, 'two');
    await send(id, 1, 'replaced');
    const first = await send(id, 1, 'one ');
    await expect(s3.client.send(new GetObjectCommand(at))).rejects.toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await complete(id, [first, second]);
    expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const answer = await s3.client.send(new GetObjectCommand(at));
    expect(answer.ContentType).toBe('text/plain');
    expect(await answer.Body?.transformToString()).toBe('one two');
    expect(blobs()).toBe(1);
    await expect(complete(id, [first, second])).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  it('is refused with parts that were not sent or stand in the wrong order', async () => {
    const id = await begin();
    const parts = [await send(id, 1, 'one'), await send(id, 2, 'two')];
    await expect(complete(id, parts.toReversed())).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete(id, [{ PartNumber: 3, ETag: '"x"' }])).rejects.toMatchObject({
      name: 'InvalidPart',
    });
    await s3.client.send(new AbortMultipartUploadCommand({ ...at, UploadId: id }));
    expect(blobs()).toBe(1);
    await expect(send(id, 1, 'late')).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });
});
