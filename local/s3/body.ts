import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { decodeAwsChunked } from './chunked.ts';
import { S3Error } from './errors.ts';

/** A request's content. */
export interface Body {
  /** Throws at its end when a digest or the length is not what the sender said. */
  readonly data: AsyncIterable<Buffer>;
  /** The checksums to keep with the object, by header name; known once `data` has ended. */
  checksums(): Record<string, string>;
}

interface Digest {
  update(data: Buffer): void;
  base64(): string;
}

const CHECKSUMS: Readonly<Record<string, () => Digest>> = {
  'x-amz-checksum-crc32': crc32Digest,
  'x-amz-checksum-sha1': () => hashDigest('sha1'),
  'x-amz-checksum-sha256': () => hashDigest('sha256'),
};

/**
 * The content of a PutObject or UploadPart: plain or `aws-chunked`, with `Content-MD5`, `x-amz-content-sha256` and
 * `x-amz-checksum-*` (in a header or a trailer) checked. CRC32C and CRC64NVME are refused with `NotImplemented`.
 */
export function readBody(source: AsyncIterable<Buffer>, headers: IncomingHttpHeaders): Body {
  const payload = one(headers['x-amz-content-sha256']);
  const expected = new Map(Object.entries(expectedDigests(headers, payload)));
  const digests = new Map([...expected.keys()].map((name) => [name, digestOf(name)]));
  const length = one(headers['x-amz-decoded-content-length']);
  const trailer = one(headers['x-amz-trailer'])?.toLowerCase();
  if (trailer !== undefined) digests.set(trailer, digestOf(trailer));
  const decoded = payload?.startsWith('STREAMING-')
    ? decodeAwsChunked(source, (name, value) => expected.set(name, value))
    : source;
  const checked: Record<string, string> = {};
  let size = 0;

  async function* data(): AsyncGenerator<Buffer> {
    for await (const chunk of decoded) {
      size += chunk.length;
      for (const digest of digests.values()) digest.update(chunk);
      yield chunk;
    }
    verify();
  }

  function verify(): void {
    if (length !== undefined && Number(length) !== size) {
      throw new S3Error(
        'IncompleteBody',
        `x-amz-decoded-content-length is ${length}, the body has ${size} bytes.`,
      );
    }
    for (const [name, digest] of digests) {
      const found = digest.base64();
      if (found !== expected.get(name)) {
        const code = name === 'x-amz-content-sha256' ? 'XAmzContentSHA256Mismatch' : 'BadDigest';
        throw new S3Error(code, `The content does not match ${name}; send it again.`);
      }
      if (name in CHECKSUMS) checked[name] = found;
    }
  }

  return { data: data(), checksums: () => checked };
}

function expectedDigests(headers: IncomingHttpHeaders, payload: string | undefined): Record<string, string> {
  const expected: Record<string, string> = {};
  const md5 = one(headers['content-md5']);
  if (md5 !== undefined) expected['content-md5'] = md5;
  if (payload !== undefined && /^[0-9a-f]{64}$/.test(payload)) {
    expected['x-amz-content-sha256'] = Buffer.from(payload, 'hex').toString('base64');
  }
  for (const [name, value] of Object.entries(headers)) {
    if (/^x-amz-checksum-(crc|sha)/.test(name)) expected[name] = one(value) ?? '';
  }
  return expected;
}

function digestOf(name: string): Digest {
  if (name === 'content-md5') return hashDigest('md5');
  if (name === 'x-amz-content-sha256') return hashDigest('sha256');
  const create = CHECKSUMS[name];
  if (create === undefined) {
    throw new S3Error(
      'NotImplemented',
      `${name} is not supported; use ${Object.keys(CHECKSUMS).join(', ')}.`,
    );
  }
  return create();
}

function hashDigest(algorithm: 'md5' | 'sha1' | 'sha256'): Digest {
  const hash = createHash(algorithm);
  return { update: (data) => void hash.update(data), base64: () => hash.digest('base64') };
}

function crc32Digest(): Digest {
  let value = 0;
  return {
    update: (data) => {
      value = crc32(data, value);
    },
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
