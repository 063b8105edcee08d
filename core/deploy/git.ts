import { DeployGit } from './schema.ts';

/** What names a repository: GitHub's by its account, any other by its address. */
const NAMES = { GITHUB: ['account', 'repo'], GENERIC: ['remoteUrl'] } as const;
const ALL_NAMES = [...NAMES.GITHUB, ...NAMES.GENERIC];

/** The same as a client says it: with what names a repository of its provider, and nothing of the other's. */
export const GivenGit = DeployGit.superRefine((git, { addIssue }) => {
  const named: readonly string[] = NAMES[git.provider];
  for (const name of ALL_NAMES) {
    const isNeeded = named.includes(name);
    if (isNeeded === Boolean(git[name])) continue;
    const message = isNeeded ? `is required for ${git.provider}` : `must be left out for ${git.provider}`;
    addIssue({ code: 'custom', path: [name], message });
  }
});
