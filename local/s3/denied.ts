import { S3Error } from './errors.ts';

/** The ARN of an object, or of its bucket when the key is empty; `*` without a bucket. */
export function arnOf(bucket: string, key: string): string {
  if (bucket === '') return '*';
  return `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
}

/** AccessDenied as IAM words it, naming the caller, the action and the resource. */
export function denied(principal: string, action: string, bucket: string, key: string): S3Error {
  return new S3Error(
    'AccessDenied',
    `${principal} is not authorized to perform: ${action} on resource: ${arnOf(bucket, key)}`,
  );
}
