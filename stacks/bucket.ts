import { production } from './stage.ts';

/** Bundles, pointers, task logs and uploads: private, encrypted, over TLS alone. */
export const bucket = new sst.aws.Bucket('Bucket', {
  cors: false,
  transform: { bucket: { forceDestroy: !production } },
});

new aws.s3.BucketServerSideEncryptionConfiguration('BucketEncryption', {
  bucket: bucket.name,
  rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
});
