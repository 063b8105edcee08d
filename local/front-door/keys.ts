import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import { readIfThere, writeWhole } from '../files.ts';

const publicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
});
const privateKey = publicKey.extend({ d: z.string() });

/** What a front door's token says of its bearer. */
export interface Claims {
  readonly namespace: string;
  readonly subject: string;
  readonly role: 'ADMIN' | 'OP' | 'USER' | 'VIEWER';
}

export interface FrontDoorKeys {
  /** The public keys, as the deployments are told them. */
  readonly jwks: { readonly keys: z.infer<typeof publicKey>[] };
  /** A token for one deployment and five minutes of real time, which is what Airflow checks it by. */
  sign(claims: Claims): Promise<string>;
}

const LIFETIME = '5 minutes';

/** Opens the key pair (Ed25519) that signs the front door's tokens, made once, in `folder`, mode 0600. */
export async function openFrontDoorKeys(folder: string): Promise<FrontDoorKeys> {
  const path = join(folder, 'front-door.json');
  let kept = readIfThere(path);
  if (kept === undefined) {
    kept = JSON.stringify(await newKey());
    writeWhole(path, kept);
  }
  const jwk = privateKey.parse(JSON.parse(kept));
  const key = await importJWK(jwk, 'EdDSA');
  return {
    jwks: { keys: [publicKey.parse(jwk)] },
    sign: ({ namespace, subject, role }) =>
      new SignJWT({ role })
        .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid })
        .setIssuer('windsock')
        .setAudience(namespace)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(key),
  };
}

async function newKey(): Promise<JWK> {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { ...(await exportJWK(pair.privateKey)), kid: randomBytes(8).toString('hex') };
}
