import type { Route } from './route.ts';
import { account } from './routes/account.ts';
import { auditLogs } from './routes/audit-logs.ts';
import { deployments } from './routes/deployments.ts';
import { deploys } from './routes/deploys.ts';
import { description } from './routes/description.ts';
import { health } from './routes/health.ts';
import { home } from './routes/home.ts';
import { invitePages } from './routes/invite-pages.ts';
import { invites } from './routes/invites.ts';
import { logs } from './routes/logs.ts';
import { members } from './routes/members.ts';
import { openidRoutes } from './routes/openid.ts';
import { operations } from './routes/operations.ts';
import { options } from './routes/options.ts';
import { organizations } from './routes/organizations.ts';
import { passwords } from './routes/passwords.ts';
import { revisions } from './routes/revisions.ts';
import { roles } from './routes/roles.ts';
import { session } from './routes/session.ts';
import { signUpPages } from './routes/sign-up-pages.ts';
import { signups } from './routes/signups.ts';
import { teamMembers } from './routes/team-members.ts';
import { teams } from './routes/teams.ts';
import { tokens } from './routes/tokens.ts';
import { uploads } from './routes/uploads.ts';
import { users } from './routes/users.ts';
import { workspaces } from './routes/workspaces.ts';

const api: readonly Route[] = [
  ...home,
  ...health,
  ...signups,
  ...session,
  ...openidRoutes,
  ...signUpPages,
  ...passwords,
  ...invitePages,
  ...account,
  ...users,
  ...organizations,
  ...auditLogs,
  ...members,
  ...teams,
  ...teamMembers,
  ...invites,
  ...tokens,
  ...roles,
  ...workspaces,
  ...options,
  ...deployments,
  ...operations,
  ...revisions,
  ...deploys,
  ...uploads,
  ...logs,
];

/** Every route of the API, and those that describe it. */
export const routes: readonly Route[] = [...api, ...description(() => routes)];
