/** Prints new keys for the platform: `node stacks/keys.ts | sst secret set PlatformKeys --stage <stage>`. */
import { randomBytes } from 'node:crypto';
import { newPlatformSecret } from '../core/platform/secret.ts';

console.log(JSON.stringify(newPlatformSecret(randomBytes(32).toString('base64url'))));
