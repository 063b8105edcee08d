import { z } from 'zod';
import { acceptInvite } from '../../../core/invite/accept.ts';
import { createInvite } from '../../../core/invite/create.ts';
import { deleteInvite } from '../../../core/invite/delete.ts';
import { findInvite, listInvites } from '../../../core/invite/read.ts';
import {
  AcceptInviteRequest,
  CreateUserInviteRequest,
  FoundInvite,
  Invite,
  inviteView,
} from '../../../core/invite/schema.ts';
import { getOrganization } from '../../../core/organization/read.ts';
import { Organization, organizationView } from '../../../core/organization/schema.ts';
import { pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { User, userView } from '../../../core/user/schema.ts';
import { route } from '../route.ts';
import { inOrganization, noAnswer, nothing } from '../shapes.ts';

export const invites = [
  route({
    operation: 'CreateUserInvite',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/invites',
    summary: 'Invite somebody by e-mail; an open invite of the same address is replaced',
    access: { kind: 'permission', permission: 'invite.create' },
    params: inOrganization,
    query: nothing,
    body: CreateUserInviteRequest,
    answer: Invite,
    async handle(scope, { params, body }, services) {
      const { item, organization } = await createInvite(scope, services, params.organizationId, body);
      return { body: inviteView(item, organization.name) };
    },
  }),
  route({
    operation: 'ListUserInvites',
    method: 'GET',
    path: '/v1alpha1/organizations/{organizationId}/invites',
    summary: 'The open invites of an organization',
    access: { kind: 'permission', permission: 'invite.get' },
    params: inOrganization,
    query: z.strictObject({ ...pageQuery(['createdAt', 'expiresAt']) }),
    body: 'none',
    answer: z.object({ invites: z.array(Invite), ...pageShape }),
    async handle(_scope, { params, query }, services) {
      const { organizationId } = params;
      const { name } = await getOrganization(services, organizationId);
      const { items, ...page } = pageOf(await listInvites(services, organizationId), query);
      return { body: { invites: items.map((item) => inviteView(item, name)), ...page } };
    },
  }),
  route({
    operation: 'DeleteUserInvite',
    method: 'DELETE',
    path: '/v1/organizations/{organizationId}/invites/{inviteId}',
    summary: 'Take an invite back: its link works no more',
    access: { kind: 'permission', permission: 'invite.delete' },
    params: inOrganization.extend({ inviteId: z.string() }),
    query: nothing,
    body: 'none',
    answer: noAnswer,
    async handle(scope, { params }, services) {
      await deleteInvite(scope, services, params);
      return {};
    },
  }),
  route({
    operation: 'FindInvite',
    method: 'POST',
    path: '/v1alpha1/invites/find',
    summary: "What an invite's link is about, by its token",
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: AcceptInviteRequest.pick({ token: true }),
    answer: FoundInvite,
    handle: async (scope, { body }, services) => ({ body: await findInvite(scope, services, body.token) }),
  }),
  route({
    operation: 'AcceptInvite',
    method: 'POST',
    path: '/v1alpha1/invites/accept',
    summary: "Accept an invite by its link's token; who is new signs up with a full name and a password",
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: AcceptInviteRequest,
    answer: z.object({ organization: Organization, user: User, token: z.string().optional() }),
    async handle(scope, { body }, services) {
      const { organization, user, token } = await acceptInvite(scope, services, body);
      return { body: { organization: organizationView(organization), user: userView(user), token } };
    },
  }),
];
