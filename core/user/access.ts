import { createCache } from '../cache.ts';
import { type Access, accessOf, NO_ACCESS, together } from '../permission/access.ts';
import { customRoleIds } from '../permission/custom.ts';
import type { Roles } from '../permission/roles.ts';
import { findCustomRoles } from '../role/read.ts';
import type { Services } from '../services.ts';
import { findTeams } from '../team/read.ts';
import { findMember } from './member.ts';

/** A role that was taken away is gone after at most so many seconds. */
const CACHE_SECONDS = 3;
const cache = createCache<Access>(CACHE_SECONDS);

/** Who may hold roles: a user in each organization, an API token, which brings them along, in its own. */
type Holder =
  | { readonly type: 'user'; readonly userId: string }
  | { readonly type: 'apiToken'; readonly organizationId: string; readonly roles: Roles };

/** What somebody may do in an organization, by their teams' roles too; nothing in one that they do not belong to. */
export async function accessIn(
  services: Services,
  now: Date,
  organizationId: string,
  holder: Holder,
): Promise<Access> {
  const read = async () => await readAccess(services, organizationId, holder);
  return holder.type === 'user'
    ? await cache.get(`${organizationId} ${holder.userId}`, now, read)
    : await read();
}

/** The same, not from memory. */
export async function readAccess(
  services: Services,
  organizationId: string,
  holder: Holder,
): Promise<Access> {
  const held = await rolesOf(services, organizationId, holder);
  if (held.length === 0) return NO_ACCESS;
  const customRoles = await findCustomRoles(services, organizationId, customRoleIds(held));
  return together(held.map((roles) => accessOf(roles, customRoles)));
}

/** The roles of a member and of each of their teams, or of an API token. */
async function rolesOf(services: Services, organizationId: string, holder: Holder): Promise<Roles[]> {
  if (holder.type === 'apiToken') return holder.organizationId === organizationId ? [holder.roles] : [];
  const member = await findMember(services, { organizationId, userId: holder.userId });
  if (member === undefined) return [];
  const teams = await findTeams(services, organizationId, Object.keys(member.teams ?? {}));
  return [member.roles, ...teams.map(({ roles }) => roles)];
}
