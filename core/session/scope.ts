import { NO_ACCESS } from '../permission/access.ts';
import type { Scope } from '../scope.ts';
import type { UserItem } from '../user/entity.ts';

/** The scope of what somebody does without a token of theirs: in a browser, whose session is theirs, or by a mail. */
export function asUser(
  scope: Scope,
  { userId, email, fullName }: Pick<UserItem, 'userId' | 'email' | 'fullName'>,
): Scope {
  const actor = {
    type: 'user',
    userId,
    username: email,
    fullName,
    tokenId: 'session',
    access: NO_ACCESS,
  } as const;
  return { ...scope, actor };
}
