import type { DeploymentItem } from '../deployment/entity.ts';
import type { SettingsChangeItem } from '../deployment/settings-change-entity.ts';
import { outOfMemoryEntry } from '../out-of-memory/view.ts';
import { type Numbers, numbersOf, type PageQuery, pageOf } from '../page.ts';
import type { Services } from '../services.ts';
import { listChanges } from './changes.ts';
import type { Change, TimelineEntry } from './timeline.ts';

/** When something happened, and what: an intent by its number, a change of settings by its version, or as it is told. */
type Moment =
  | { readonly at: string; readonly intent: number }
  | { readonly at: string; readonly settings: number }
  | { readonly at: string; readonly entry: TimelineEntry };

/**
 * The asked part of all that happened to a deployment, the newest first unless told. Read in full is what is answered;
 * before that the times of as many intents and, as nothing counts them, of all changes of name and settings.
 */
export async function timelinePage(services: Services, deployment: DeploymentItem, query: PageQuery) {
  const { offset, limit } = query;
  const { intentCount, outOfMemory = [] } = deployment;
  const others: Moment[] = [
    ...(await settingsMoments(services, deployment)),
    ...outOfMemory.map(outOfMemoryEntry).map((entry) => ({ at: entry.at, entry })),
  ];
  // So many intents come before the page, wherever the others are.
  const skipped = Math.max(0, offset - others.length);
  const left = { ...query, offset: offset - skipped };
  const numbers = numbersOf(intentCount, { ...query, offset: skipped, limit: left.offset + limit });
  const moments = [...(await intentMoments(services, deployment, numbers)), ...others];
  const sorts = query.sorts.length > 0 ? query.sorts : ['at:desc'];
  const { items } = pageOf(moments, { ...left, sorts });
  return {
    items: await tell(services, deployment, items),
    totalCount: intentCount + others.length,
    offset,
    limit,
  };
}

async function settingsMoments(
  services: Services,
  { organizationId, deploymentId }: DeploymentItem,
): Promise<Moment[]> {
  const { data } = await services
    .store(organizationId)
    .entities.settingsChange.query.primary({ organizationId, deploymentId })
    .go({ pages: 'all', consistent: true, attributes: ['version', 'createdAt'] });
  return data.map(({ version, createdAt }) => ({ at: createdAt, settings: version }));
}

async function intentMoments(
  services: Services,
  { organizationId, deploymentId }: DeploymentItem,
  { first, last, order }: Numbers,
): Promise<Moment[]> {
  if (first > last) return [];
  const { data } = await services
    .store(organizationId)
    .entities.intent.query.primary({ organizationId, deploymentId })
    .between({ number: first }, { number: last })
    .go({ pages: 'all', consistent: true, order, attributes: ['number', 'createdAt'] });
  return data.map(({ number, createdAt }) => ({ at: createdAt, intent: number }));
}

async function tell(
  services: Services,
  deployment: DeploymentItem,
  moments: readonly Moment[],
): Promise<TimelineEntry[]> {
  const intents = moments.flatMap((moment) => ('intent' in moment ? [moment.intent] : []));
  const versions = moments.flatMap((moment) => ('settings' in moment ? [moment.settings] : []));
  const [changes, settings] = await Promise.all([
    intents.length === 0 ? [] : listChanges(services, deployment, Math.min(...intents), Math.max(...intents)),
    listSettingsChanges(services, deployment, versions),
  ]);
  const byIntent = new Map(changes.map((change) => [change.number, change]));
  const byVersion = new Map(settings.map((change) => [change.version, toldAtOnce(change)]));
  return moments.flatMap((moment): TimelineEntry[] | TimelineEntry => {
    if ('entry' in moment) return moment.entry;
    return ('intent' in moment ? byIntent.get(moment.intent) : byVersion.get(moment.settings)) ?? [];
  });
}

async function listSettingsChanges(
  services: Services,
  { organizationId, deploymentId }: DeploymentItem,
  versions: readonly number[],
): Promise<SettingsChangeItem[]> {
  if (versions.length === 0) return [];
  const { data } = await services
    .store(organizationId)
    .entities.settingsChange.query.primary({ organizationId, deploymentId })
    .between({ version: Math.min(...versions) }, { version: Math.max(...versions) })
    .go({ pages: 'all', consistent: true });
  return data;
}

function toldAtOnce({ before, after, createdAt, createdBy }: SettingsChangeItem): Change {
  const what = { before: { ...before }, after: { ...after } };
  return { kind: 'settings', at: createdAt, askedBy: createdBy, ...what, status: 'SUCCEEDED' };
}
