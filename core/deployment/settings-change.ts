import { differences } from '../audit/differences.ts';
import { type Scope, timestamp } from '../scope.ts';
import { subjectOf } from '../subject.ts';
import type { DeploymentItem } from './entity.ts';
import type { SettingsChangeItem } from './settings-change-entity.ts';

/** What the scope's actor changes of a deployment's name and settings; undefined when that is nothing. */
export function settingsChange(
  scope: Scope,
  deployment: DeploymentItem,
  wanted: Pick<DeploymentItem, 'name' | 'settings'>,
): SettingsChangeItem | undefined {
  const { organizationId, deploymentId, version } = deployment;
  const changed = differences(shown(deployment), shown(wanted));
  if (Object.keys({ ...changed.before, ...changed.after }).length === 0) return undefined;
  return {
    organizationId,
    deploymentId,
    version: version + 1,
    ...changed,
    createdAt: timestamp(scope),
    createdBy: subjectOf(scope.actor),
  };
}

function shown({ name, settings }: Pick<DeploymentItem, 'name' | 'settings'>) {
  return { name, ...settings };
}
