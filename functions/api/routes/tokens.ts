import { z } from 'zod';
import {
  deleteApiToken,
  rotateApiToken,
  updateApiToken,
  updateApiTokenRoles,
} from '../../../core/api-token/change.ts';
import { createApiToken } from '../../../core/api-token/create.ts';
import type { ApiTokenItem } from '../../../core/api-token/entity.ts';
import { getApiToken, listApiTokens } from '../../../core/api-token/read.ts';
import {
  ApiToken,
  apiTokenView,
  CreateApiTokenRequest,
  UpdateApiTokenRequest,
  UpdateApiTokenRolesRequest,
} from '../../../core/api-token/schema.ts';
import { GivenId } from '../../../core/id.ts';
import { flag, many, pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { type Known, knownOf, visibleRoles } from '../../../core/permission/visible.ts';
import type { Scope } from '../../../core/scope.ts';
import { SubjectRoles, subjectRoles } from '../../../core/user/schema.ts';
import { route } from '../route.ts';
import { inOrganization, noAnswer, nothing } from '../shapes.ts';

/** Each token is asked about where it is at home, which only core knows. */
const access = { kind: 'permission', permission: 'organization.get' } as const;
const inToken = inOrganization.extend({ tokenId: z.string() });

const view = (scope: Scope, { item, known }: { item: ApiTokenItem; known: Known }): ApiToken =>
  apiTokenView(item, visibleRoles(scope, item.organizationId, known, item.roles));

export const tokens = [
  route({
    operation: 'ListApiTokens',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/tokens',
    summary: 'The API tokens that the caller may see: of what it gives access to, and what has access there',
    access,
    params: inOrganization,
    query: z.strictObject({
      ...pageQuery(['name', 'description', 'tokenStartAt', 'createdAt', 'updatedAt']),
      workspaceId: GivenId.optional(),
      deploymentId: GivenId.optional(),
      dagId: z.string().optional(),
      dagTags: many(z.string()),
      includeOnlyOrganizationTokens: flag.optional(),
      kind: z.enum(['STANDARD', 'DIRECT_ACCESS']).optional(),
    }),
    body: 'none',
    answer: z.object({ tokens: z.array(ApiToken), ...pageShape }),
    async handle(scope, { params, query }, services) {
      const { items, known } = await listApiTokens(scope, services, params.organizationId, query);
      const views = items
        .map((item) => ({ ...view(scope, { item, known }), tokenStartAt: item.startAt }))
        .filter(
          (token) =>
            (query.includeOnlyOrganizationTokens !== true || token.scope === 'ORGANIZATION') &&
            (query.kind ?? token.kind) === token.kind,
        );
      const { items: tokens, ...page } = pageOf(views, query);
      return { body: { tokens, ...page } };
    },
  }),
  route({
    operation: 'CreateApiToken',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/tokens',
    summary:
      'Create an API token with one role; its text is shown this once. Its home must permit `token.create`',
    access,
    params: inOrganization,
    query: nothing,
    body: CreateApiTokenRequest,
    answer: ApiToken,
    async handle(scope, { params, body }, services) {
      const { item, token } = await createApiToken(scope, services, params.organizationId, body);
      const known = await knownOf(services, params.organizationId, [item.roles]);
      return { body: { ...view(scope, { item, known }), token } };
    },
  }),
  route({
    operation: 'GetApiToken',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/tokens/{tokenId}',
    summary: 'An API token',
    access,
    params: inToken,
    query: nothing,
    body: 'none',
    answer: ApiToken,
    handle: async (scope, { params }, services) => ({
      body: view(scope, await getApiToken(scope, services, params)),
    }),
  }),
  route({
    operation: 'UpdateApiToken',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/tokens/{tokenId}',
    summary: 'Change the name and description of an API token; its home must permit `token.update`',
    access,
    params: inToken,
    query: nothing,
    body: UpdateApiTokenRequest,
    answer: ApiToken,
    handle: async (scope, { params, body }, services) => ({
      body: view(scope, await updateApiToken(scope, services, params, body)),
    }),
  }),
  route({
    operation: 'UpdateApiTokenRoles',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/tokens/{tokenId}/roles',
    part: 'roles',
    summary: 'Change what an API token may do; what differs must permit `token.update`',
    access,
    params: inToken,
    query: nothing,
    body: UpdateApiTokenRolesRequest,
    answer: SubjectRoles,
    async handle(scope, { params, body }, services) {
      const { item, known } = await updateApiTokenRoles(scope, services, params, body);
      return { body: subjectRoles(visibleRoles(scope, params.organizationId, known, item.roles)) };
    },
  }),
  route({
    operation: 'RotateApiToken',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/tokens/{tokenId}/rotate',
    summary:
      'Give an API token a new text, shown this once; the old one is refused. Its home must permit `token.update`',
    access,
    params: inToken,
    query: nothing,
    body: 'none',
    answer: ApiToken,
    async handle(scope, { params }, services) {
      const { token, ...rotated } = await rotateApiToken(scope, services, params);
      return { body: { ...view(scope, rotated), token } };
    },
  }),
  route({
    operation: 'DeleteApiToken',
    method: 'DELETE',
    path: '/v1/organizations/{organizationId}/tokens/{tokenId}',
    summary: 'Revoke an API token; its home must permit `token.delete`',
    access,
    params: inToken,
    query: nothing,
    body: 'none',
    answer: noAnswer,
    async handle(scope, { params }, services) {
      await deleteApiToken(scope, services, params);
      return {};
    },
  }),
];
