import { z } from 'zod';
import { GivenId } from '../../../core/id.ts';
import { many, pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { knownOf, visibleRoles } from '../../../core/permission/visible.ts';
import { updateUserRoles } from '../../../core/user/change-roles.ts';
import { getMember, listMembers } from '../../../core/user/member.ts';
import {
  Member,
  memberView,
  SubjectRoles,
  subjectRoles,
  UpdateUserRolesRequest,
} from '../../../core/user/schema.ts';
import { route } from '../route.ts';
import { inOrganization, nothing } from '../shapes.ts';

const inUser = inOrganization.extend({ userId: z.string() });

export const members = [
  route({
    operation: 'ListUsers',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/users',
    summary:
      'The members of an organization, of a workspace or of a deployment, which must permit `member.get`',
    access: { kind: 'permission', permission: 'organization.get' },
    params: inOrganization,
    query: z.strictObject({
      ...pageQuery(['id', 'fullName', 'username', 'createdAt', 'updatedAt']),
      workspaceId: GivenId.optional(),
      deploymentId: GivenId.optional(),
      dagId: z.string().optional(),
      dagTags: many(z.string()),
    }),
    body: 'none',
    answer: z.object({ users: z.array(Member), ...pageShape }),
    async handle(scope, { params, query }, services) {
      const { organizationId } = params;
      const found = await listMembers(scope, services, organizationId, query);
      const sortable = found.map((item) => ({ ...item, id: item.userId }));
      const { items, ...page } = pageOf(sortable, query);
      const roles = items.map((item) => item.roles);
      const known = await knownOf(services, organizationId, roles);
      const users = items.map((item) =>
        memberView(item, visibleRoles(scope, organizationId, known, item.roles)),
      );
      return { body: { users, ...page } };
    },
  }),
  route({
    operation: 'GetUser',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/users/{userId}',
    summary: 'A member of an organization, with those of its roles that the caller may see',
    access: { kind: 'permission', permission: 'member.get' },
    params: inUser,
    query: nothing,
    body: 'none',
    answer: Member,
    async handle(scope, { params }, services) {
      const item = await getMember(services, params);
      const known = await knownOf(services, params.organizationId, [item.roles]);
      return { body: memberView(item, visibleRoles(scope, params.organizationId, known, item.roles)) };
    },
  }),
  route({
    operation: 'UpdateUserRoles',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/users/{userId}/roles',
    part: 'roles',
    summary:
      "Change a member's roles, or remove them with `{}`; what differs must permit `member.update`, and a list that is left out stays",
    access: { kind: 'permission', permission: 'member.get' },
    params: inUser,
    query: nothing,
    body: UpdateUserRolesRequest,
    answer: SubjectRoles,
    async handle(scope, { params, body }, services) {
      const roles = await updateUserRoles(scope, services, params, body);
      const known = await knownOf(services, params.organizationId, [roles]);
      return { body: subjectRoles(visibleRoles(scope, params.organizationId, known, roles)) };
    },
  }),
];
