import type { Access } from './permission/access.ts';
import type { Roles } from './permission/roles.ts';

/** Who acts. A request without a credential is the public's; a workflow's step acts as the system. */
export type Actor =
  | { readonly type: 'public' }
  | {
      readonly type: 'user';
      readonly userId: string;
      readonly username: string;
      readonly fullName: string;
      readonly tokenId: string;
      /** In the organization that the request's path names; none when it names none. */
      readonly access: Access;
    }
  | {
      readonly type: 'apiToken';
      readonly tokenId: string;
      readonly name: string;
      /** The one organization that it is of. */
      readonly organizationId: string;
      /** When it ends; an API token without an end has none. */
      readonly expiresAt?: string | undefined;
      /** What it holds in its own organization. */
      readonly roles: Roles;
      /** In the organization that the request's path names; none in any other than its own. */
      readonly access: Access;
    }
  | { readonly type: 'operator' }
  | { readonly type: 'system'; readonly name: string };

/**
 * What every core function is given beside its input: when it is (from the event that started the work, never
 * from the machine's clock), who acts, and under which id the log tells of it.
 */
export interface Scope {
  readonly now: Date;
  readonly actor: Actor;
  readonly requestId: string;
}

/** `now` as the API and the table write it: RFC 3339, UTC. */
export function timestamp(scope: Scope): string {
  return scope.now.toISOString();
}

/** A time so many seconds after the scope's. */
export function after(scope: Scope, seconds: number): string {
  return new Date(scope.now.getTime() + seconds * 1000).toISOString();
}
