import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import { storagePrefix } from '../component/names.ts';
import { type FieldError, invalid } from '../errors.ts';
import { deleteObjects } from '../objects.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { LARGEST_BLOCK, LARGEST_BUNDLE, MOST_BLOCKS, tooLarge } from './upload-limit.ts';
import type { DeployIds } from './upload-url.ts';

const Block = z.strictObject({ key: z.string(), etag: z.string(), size: z.number() });
/** A version of an upload: the blocks that it consists of, as they were when it was put together. */
const Manifest = z.strictObject({ blocks: z.array(Block) });

/** Takes one block; the same block id replaces it. 413 when it is too large. */
export async function putBlock(
  services: Services,
  ids: DeployIds,
  blockId: string,
  bytes: Uint8Array,
): Promise<void> {
  if (bytes.length > LARGEST_BLOCK) {
    throw tooLarge(`A block has ${bytes.length} bytes; at most ${LARGEST_BLOCK} are taken.`);
  }
  await services.objects.send(
    new PutObjectCommand({ ...location(services, blockKey(ids, blockId)), Body: bytes }),
  );
}

/** Makes a version of the upload from blocks that were put before; answers it. 400 names a block that was not. */
export async function putBlockList(
  scope: Scope,
  services: Services,
  ids: DeployIds,
  blockIds: readonly string[],
): Promise<string> {
  if (blockIds.length > MOST_BLOCKS) throw tooLarge(`An upload has at most ${MOST_BLOCKS} blocks.`);
  const blocks = [];
  for (const blockId of blockIds) blocks.push(await describeBlock(services, ids, blockId));
  const size = blocks.reduce((sum, block) => sum + block.size, 0);
  if (size > LARGEST_BUNDLE) {
    throw tooLarge(`The bundle has ${size} bytes compressed; at most ${LARGEST_BUNDLE} are taken.`);
  }
  const version = versionOf(scope.now);
  await services.objects.send(
    new PutObjectCommand({
      ...location(services, manifestKey(ids, version)),
      Body: JSON.stringify({ blocks }),
      ContentType: 'application/json',
    }),
  );
  return version;
}

/** Takes a whole upload at once; answers its version. */
export async function putBlob(
  scope: Scope,
  services: Services,
  ids: DeployIds,
  bytes: Uint8Array,
): Promise<string> {
  const blockId = createHash('sha256').update(bytes).digest('base64');
  await putBlock(services, ids, blockId, bytes);
  return await putBlockList(scope, services, ids, [blockId]);
}

/** The content of a version of an upload; 400 when there is none, or its blocks were changed since. */
export async function readUpload(services: Services, ids: DeployIds, version: string): Promise<Buffer> {
  const manifest = await readManifest(services, ids, version);
  const parts = await Promise.all(
    manifest.blocks.map(async ({ key, etag }) => {
      const { Body, ETag } = await readObject(services, key);
      if (ETag !== etag) throw invalid(wrongVersion('a block of this upload was replaced; upload it again'));
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    }),
  );
  return Buffer.concat(parts);
}

/** Deletes all that was uploaded for a deploy. Safe to repeat. */
export async function deleteUpload(services: Services, ids: DeployIds): Promise<void> {
  await deleteObjects(services, `${prefix(ids)}/`);
}

/** What is wrong with the version that a deploy is finalized with. */
export function wrongVersion(message: string): FieldError {
  return { field: 'dagTarballVersion', code: 'invalid_bundle', message };
}

async function readManifest(services: Services, ids: DeployIds, version: string) {
  const { Body } = await readObject(services, manifestKey(ids, version));
  return Manifest.parse(JSON.parse((await Body?.transformToString()) ?? ''));
}

/** An object of an upload; 400 when there is none, be it that it was collected meanwhile. */
async function readObject(services: Services, key: string) {
  try {
    return await services.objects.send(new GetObjectCommand(location(services, key)));
  } catch (error) {
    if (!(error instanceof NoSuchKey)) throw error;
    throw invalid(wrongVersion('there is no upload of this version; send what the upload answered'));
  }
}

async function describeBlock(services: Services, ids: DeployIds, blockId: string) {
  const key = blockKey(ids, blockId);
  try {
    const { ETag = '', ContentLength = 0 } = await services.objects.send(
      new HeadObjectCommand(location(services, key)),
    );
    return { key, etag: ETag, size: ContentLength };
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    const message = `block ${blockId} was not uploaded`;
    throw invalid({ field: 'body', code: 'invalid_block_list', message });
  }
}

/** A version as the block-blob protocol writes it: the time, to a ten-millionth of a second. */
function versionOf(now: Date): string {
  return now.toISOString().replace('Z', '0000Z');
}

function location(services: Services, key: string): { Bucket: string; Key: string } {
  return { Bucket: services.environment.CELL.bucket, Key: key };
}

function prefix({ organizationId, deploymentId, deployId }: DeployIds): string {
  return `${storagePrefix(organizationId, deploymentId)}/uploads/${deployId}`;
}

/** Block ids and versions come from clients: their digests make keys that cannot leave the prefix. */
function blockKey(ids: DeployIds, blockId: string): string {
  return `${prefix(ids)}/blocks/${digest(blockId)}`;
}

function manifestKey(ids: DeployIds, version: string): string {
  return `${prefix(ids)}/versions/${digest(version)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
