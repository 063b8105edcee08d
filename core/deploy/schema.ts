import { z } from 'zod';

/** Where the code of a deploy comes from, as the client says. */
export const DeployGit = z.strictObject({
  provider: z.enum(['GITHUB', 'GENERIC']),
  commitSha: z.string().max(500),
  account: z.string().max(500).optional(),
  repo: z.string().max(500).optional(),
  remoteUrl: z.string().max(2000).optional(),
  branch: z.string().max(500).optional(),
  path: z.string().max(2000).optional(),
  beforeCommitSha: z.string().max(500).optional(),
  commitUrl: z.string().max(2000).optional(),
  authorName: z.string().max(500).optional(),
  authorUrl: z.string().max(2000).optional(),
  authorUsername: z.string().max(500).optional(),
});
export type DeployGit = z.infer<typeof DeployGit>;
