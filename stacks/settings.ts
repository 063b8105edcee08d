import { z } from 'zod';

/** What the person who deploys decides, from the environment of `sst deploy`. */
const Settings = z.object({
  /** Deployments are reached at `https://<namespace>.<domain>`. */
  WINDSOCK_DOMAIN: z.hostname(),
  /** The address that the platform's mail comes from; SES asks it to confirm. */
  WINDSOCK_MAIL_FROM: z.email(),
});

export const settings = Settings.parse(process.env);
