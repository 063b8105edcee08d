import { z } from 'zod';
import { MOST_ENTRIES, readAuditLog } from '../../../core/audit/read.ts';
import { wholeNumber } from '../../../core/page.ts';
import { timestamp } from '../../../core/scope.ts';
import { route } from '../route.ts';
import { inOrganization } from '../shapes.ts';

/** A time as the entries write theirs. */
const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

export const auditLogs = [
  route({
    operation: 'GetOrganizationAuditLogs',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/audit-logs',
    summary:
      'Who changed what, when: a line of JSON for each change, the oldest first; with `limit` page by page, of which the header `Link` names the next',
    access: { kind: 'permission', permission: 'auditLog.get' },
    params: inOrganization,
    query: z.strictObject({
      startDate: time.optional(),
      endDate: time.optional(),
      after: z.string().max(256).optional(),
      limit: wholeNumber(z.int().min(1).max(MOST_ENTRIES).optional()),
    }),
    body: 'none',
    answer: z.string(),
    async handle(scope, { params, query }, services) {
      const { startDate = new Date(0).toISOString(), endDate = timestamp(scope), after, limit } = query;
      const span = { startDate, endDate };
      const { lines, last } = await readAuditLog(services, params.organizationId, { ...span, after, limit });
      const next =
        last === undefined
          ? undefined
          : new URLSearchParams({ ...span, after: last, limit: String(limit) }).toString();
      return {
        body: lines.join(''),
        headers: {
          'content-type': 'application/x-ndjson',
          ...(next === undefined ? {} : { link: `<?${next}>; rel="next"` }),
        },
      };
    },
  }),
];
