import { signUp, type Tenant } from './client.ts';
import { leaveTrial } from './deployment.ts';
import { createPlatform, type Platform } from './platform.ts';

/** Starts a platform, and has somebody sign up there whose plan has no limits. Options are `createPlatform`'s. */
export async function startUnlimited(
  options?: Parameters<typeof createPlatform>[0],
): Promise<{ readonly platform: Platform; readonly tenant: Tenant }> {
  const platform = await createPlatform(options);
  try {
    await platform.start();
    const tenant = await signUp(platform);
    await leaveTrial(platform, tenant);
    return { platform, tenant };
  } catch (error) {
    await platform.destroy();
    throw error;
  }
}
