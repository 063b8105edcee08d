import { z } from 'zod';
import { LONGEST_PATTERN, patternOf } from '../../../core/log/pattern.ts';
import { LogLine, LogSource, searchLogs } from '../../../core/log/search.ts';
import { SearchId, searchIdOf, searchSpan } from '../../../core/log/span.ts';
import { many, wholeNumber } from '../../../core/page.ts';
import { route } from '../route.ts';
import { inDeployment } from '../shapes.ts';

/** The CLI asks for pages of at most so many lines. */
const LARGEST_PAGE = 5000;
const DEFAULT_PAGE = 500;
const LARGEST_SEARCH = 100_000;

export const logs = [
  route({
    operation: 'GetDeploymentLogs',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}/logs',
    summary: "The newest matching lines of a deployment's components, the oldest of them first",
    access: { kind: 'permission', permission: 'log.get' },
    params: inDeployment,
    query: z.strictObject({
      sources: many(LogSource).refine((sources) => sources.length > 0, 'at least one source is required'),
      searchText: z
        .string()
        .max(1000)
        .refine(
          (text) => patternOf(text).length <= LONGEST_PATTERN,
          'is too long: quotes and backslashes count twice',
        )
        .optional(),
      searchId: SearchId.optional(),
      range: wholeNumber(z.int().min(1).max(31_536_000).optional()),
      startDate: z.iso.datetime({ offset: true }).optional(),
      endDate: z.iso.datetime({ offset: true }).optional(),
      limit: wholeNumber(z.int().min(1).max(LARGEST_PAGE).default(DEFAULT_PAGE)),
      offset: wholeNumber(z.int().min(0).default(0)),
      maxNumResults: wholeNumber(z.int().min(1).max(LARGEST_SEARCH).optional()),
    }),
    body: 'none',
    answer: z.object({
      results: z.array(LogLine),
      resultCount: z.number(),
      maxNumResults: z.number(),
      searchId: z.string(),
      limit: z.number(),
      offset: z.number(),
    }),
    async handle(scope, { params, query }, services) {
      const { sources, searchText, limit, offset } = query;
      const maxNumResults = query.maxNumResults ?? limit + offset;
      const span = searchSpan(scope, query);
      const lines = await searchLogs(services, params, {
        sources: [...new Set(sources)],
        searchText: searchText === '' ? undefined : searchText,
        ...span,
        most: maxNumResults,
      });
      // The newest lines, oldest first: their pages begin at the end, but those of a search with a most of all.
      const results =
        query.maxNumResults === undefined
          ? lines.slice(0, Math.max(0, lines.length - offset))
          : lines.slice(offset, offset + limit);
      const page = { limit, offset, maxNumResults, resultCount: results.length };
      return { body: { results, ...page, searchId: searchIdOf(span) } };
    },
  }),
];
