import { z } from 'zod';

/** A URL without a user and password: of a remote they are a token, as CI systems write it. */
const Url = z
  .string()
  .max(2000)
  .overwrite((url) => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1'));

/** Where the code of a deploy comes from, as the client says. */
export const DeployGit = z.strictObject({
  provider: z.enum(['GITHUB', 'GENERIC']),
  commitSha: z.string().max(500),
  account: z.string().max(500).optional(),
  repo: z.string().max(500).optional(),
  remoteUrl: Url.optional(),
  branch: z.string().max(500).optional(),
  path: z.string().max(2000).optional(),
  beforeCommitSha: z.string().max(500).optional(),
  commitUrl: Url.optional(),
  authorName: z.string().max(500).optional(),
  authorUrl: Url.optional(),
  authorUsername: z.string().max(500).optional(),
});
export type DeployGit = z.infer<typeof DeployGit>;
