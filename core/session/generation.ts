import type { UserItem } from '../user/entity.ts';

type OfUser = Pick<UserItem, 'sessionGeneration'>;

/**
 * What sessions, tokens, sign-in links and grants of a user must be of to count. Signing out everywhere begins the next
 * one, which ends all of them with one write, those that are being made at the same moment too.
 */
export function generationOf({ sessionGeneration = 0 }: OfUser): number {
  return sessionGeneration;
}

export function nextGeneration(user: OfUser): number {
  return generationOf(user) + 1;
}
