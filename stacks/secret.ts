import { PlatformSecret } from '../core/platform/secret.ts';
import { prefix, production } from './stage.ts';

/** The platform's own keys, put in once: `node stacks/keys.ts | sst secret set PlatformKeys`. */
const keys = new sst.Secret('PlatformKeys').value.apply((text) => PlatformSecret.parse(JSON.parse(text)));

export const platformSecret = new aws.secretsmanager.Secret('PlatformSecret', {
  name: `${prefix}/platform`,
  recoveryWindowInDays: production ? 30 : 0,
});

new aws.secretsmanager.SecretVersion('PlatformSecretVersion', {
  secretId: platformSecret.id,
  secretString: $jsonStringify(keys),
});

/** The halves of the signing keys that may be shown: deployments check the front door's tokens with them. */
export const publicKeys = $util.unsecret(
  keys.apply(({ signingKeys }) => ({ keys: signingKeys.map(({ d: _, ...publicHalf }) => publicHalf) })),
);
