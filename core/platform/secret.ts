import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';

/** A private Ed25519 key as a JWK with its id. */
const SigningKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
});
export type SigningKey = z.infer<typeof SigningKey>;

/**
 * The platform's own secret, one for all of its functions: the keys of its tokens (the first signs, all verify),
 * the key of its codes and signed URLs (32 bytes, base64url), and what its operator and front door show.
 */
export const PlatformSecret = z.strictObject({
  signingKeys: z.tuple([SigningKey]).rest(SigningKey),
  macKey: z.string().min(43),
  operatorToken: z.string().min(32),
  frontDoorToken: z.string().min(32),
});
export type PlatformSecret = z.infer<typeof PlatformSecret>;

/** A new platform secret with random keys. Whoever sets the platform up stores it, once. */
export function newPlatformSecret(operatorToken: string): PlatformSecret {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const random = () => randomBytes(32).toString('base64url');
  return {
    signingKeys: [{ kty: 'OKP', crv: 'Ed25519', x, d, kid: randomBytes(8).toString('hex') }],
    macKey: random(),
    operatorToken,
    frontDoorToken: random(),
  };
}

/** Reads the platform's secret once; later calls are answered from memory, a failed one is tried again. */
export function platformSecretReader(
  secrets: () => SecretsManagerClient,
  secretArn: string,
): () => Promise<PlatformSecret> {
  let read: Promise<PlatformSecret> | undefined;
  return () => {
    read ??= readPlatformSecret(secrets(), secretArn).catch((error: unknown) => {
      read = undefined;
      throw error;
    });
    return read;
  };
}

async function readPlatformSecret(secrets: SecretsManagerClient, secretArn: string): Promise<PlatformSecret> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
  const parsed = PlatformSecret.safeParse(JSON.parse(SecretString ?? 'null'));
  if (!parsed.success)
    throw new Error(`The platform's secret ${secretArn} is not readable; its value is not shown`);
  return parsed.data;
}
