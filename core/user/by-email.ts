import type { Services } from '../services.ts';
import type { UserItem } from './entity.ts';

/** The id of no user: what is looked up where there is none, so that it takes as long. */
export const NOBODY = `c${'0'.repeat(24)}`;

/** The user whose e-mail address this is, or null; the time that it takes does not tell which. */
export async function findUserByEmail(services: Services, email: string): Promise<UserItem | null> {
  const { entities } = services.globalStore;
  const { data: known } = await entities.email.get({ email }).go({ consistent: true });
  const { data: user } = await entities.user
    .get({ userId: known?.userId ?? NOBODY })
    .go({ consistent: true });
  return user;
}
