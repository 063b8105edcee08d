import * as buckets from './buckets.ts';
import type { Run } from './call.ts';
import { S3Error } from './errors.ts';
import * as multipart from './multipart.ts';
import * as objects from './objects.ts';
import type { Target } from './request.ts';

/** How a request is recognised as an operation, and what its caller must be allowed. */
export interface Operation {
  readonly method: string;
  readonly level: 'service' | 'bucket' | 'object';
  /** Query parameters that make it this operation. */
  readonly required?: readonly string[];
  /** Others that it understands; a request with any further one is a different operation. */
  readonly optional?: readonly string[];
  readonly copies?: true;
  /** The IAM action asked of the bucket or object; none where `run` asks key by key. */
  readonly action?: string;
  readonly run: Run;
}

const upload = { level: 'object', required: ['uploadId'], action: 's3:PutObject' } as const;

const OPERATIONS: readonly Operation[] = [
  { method: 'GET', level: 'service', action: 's3:ListAllMyBuckets', run: buckets.listBuckets },
  { method: 'PUT', level: 'bucket', action: 's3:CreateBucket', run: buckets.createBucket },
  { method: 'HEAD', level: 'bucket', action: 's3:ListBucket', run: buckets.headBucket },
  { method: 'DELETE', level: 'bucket', action: 's3:DeleteBucket', run: buckets.deleteBucket },
  {
    method: 'GET',
    level: 'bucket',
    required: ['list-type'],
    optional: [
      'prefix',
      'delimiter',
      'max-keys',
      'continuation-token',
      'start-after',
      'encoding-type',
      'fetch-owner',
    ],
    action: 's3:ListBucket',
    run: buckets.listObjects,
  },
  { method: 'POST', level: 'bucket', required: ['delete'], run: objects.deleteObjects },
  { method: 'GET', level: 'object', action: 's3:GetObject', run: objects.getObject },
  { method: 'HEAD', level: 'object', action: 's3:GetObject', run: objects.headObject },
  { method: 'PUT', level: 'object', action: 's3:PutObject', run: objects.putObject },
  { method: 'PUT', level: 'object', copies: true, action: 's3:PutObject', run: objects.copyObject },
  { method: 'DELETE', level: 'object', action: 's3:DeleteObject', run: objects.deleteObject },
  { ...upload, method: 'POST', required: ['uploads'], run: multipart.createUpload },
  { ...upload, method: 'PUT', optional: ['partNumber'], run: multipart.uploadPart },
  { ...upload, method: 'POST', run: multipart.completeUpload },
  { ...upload, method: 'DELETE', action: 's3:AbortMultipartUpload', run: multipart.abortUpload },
];

/** The operation that a request asks for. Throws `NotImplemented` for one that is not served. */
export function operationOf(method: string, target: Target, copies: boolean): Operation {
  const level = target.bucket === '' ? 'service' : target.key === '' ? 'bucket' : 'object';
  const parameters = [...target.query.keys()].filter((name) => name !== 'x-id' && !/^x-amz-/i.test(name));
  const found = OPERATIONS.find(
    (operation) =>
      operation.method === method &&
      operation.level === level &&
      (operation.copies ?? false) === copies &&
      (operation.required ?? []).every((name) => parameters.includes(name)) &&
      parameters.every((name) => operation.required?.includes(name) || operation.optional?.includes(name)),
  );
  if (found !== undefined) return found;
  const named = parameters.length === 0 ? '' : ` with ${parameters.join(', ')}`;
  throw new S3Error('NotImplemented', `${method} of a ${level}${named} is not served by this S3 endpoint.`);
}
