import { expect, test } from 'vitest';
import type { IntentItem, OperationItem } from '../../../core/operation/entity.ts';
import type { Intent } from '../../../core/operation/intent.ts';
import { plan } from '../../../core/operation/plan.ts';
import { timeline } from '../../../core/operation/timeline.ts';
import { spec } from '../../support/spec.ts';

const ada = { id: 'ada', subjectType: 'USER' as const };
const ids = { organizationId: 'o', deploymentId: 'd' };
const revision = { number: 1, spec: spec(), generations: { default: 1 } };
const bundle = (version: string) => ({ digest: version.repeat(64), version });

const variable = { key: 'A', isSecret: true, updatedAt: '2026-01-01', variableSetId: 'of-the-platform' };

function asked(number: number, intent: Intent): IntentItem {
  return { ...ids, number, intent, createdAt: `2026-01-01T00:00:0${number}.000Z`, createdBy: ada };
}

function operation(
  number: number,
  intents: [number, number],
  status: OperationItem['status'],
): OperationItem {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    ...ids,
    number,
    kind: 'deploy',
    status,
    plan: plan(revision, revision),
    firstIntent: intents[0],
    lastIntent: intents[1],
    attempt: 1,
    steps: [],
    version: 1,
    createdAt: at,
    createdBy: ada,
    updatedAt: at,
    updatedBy: ada,
    requestId: 'r',
  };
}

test('each change is told with who asked for it, what it changed, and the operation that carried it', () => {
  const changes = timeline(
    [
      asked(1, { kind: 'create', spec: spec({ environmentVariables: [variable] }) }),
      asked(2, { kind: 'deploy', deployId: 'one', bundle: bundle('a') }),
      asked(3, { kind: 'deploy', deployId: 'two', bundle: bundle('b') }),
      asked(4, { kind: 'deploy', deployId: 'three', bundle: bundle('c') }),
    ],
    [operation(1, [1, 1], 'SUCCEEDED'), operation(2, [2, 3], 'RUNNING')],
    spec(),
  );
  expect(changes).toMatchObject([
    { number: 1, kind: 'create', askedBy: ada, before: {}, status: 'SUCCEEDED', operation: { number: 1 } },
    { number: 2, before: {}, after: { bundle: bundle('a') }, status: 'RUNNING', operation: { number: 2 } },
    { number: 3, before: { bundle: bundle('a') }, after: { bundle: bundle('b') }, operation: { number: 2 } },
    { number: 4, before: { bundle: bundle('b') }, after: { bundle: bundle('c') }, status: 'WAITING' },
  ]);
  expect(changes[0]?.after).toMatchObject({ executor: 'ASTRO', schedulerSize: 'SMALL' });
  expect(JSON.stringify(changes)).not.toContain('of-the-platform');
});

test('what failed is not what the next change is told against, but for a create, which stays desired', () => {
  const changes = timeline(
    [
      asked(1, { kind: 'create', spec: spec() }),
      asked(2, { kind: 'deploy', deployId: 'one', bundle: bundle('a') }),
      asked(3, { kind: 'deploy', deployId: 'two', bundle: bundle('b') }),
      asked(4, { kind: 'deploy', deployId: 'three', bundle: bundle('c') }),
    ],
    [
      operation(1, [1, 1], 'FAILED'),
      operation(2, [2, 2], 'SUCCEEDED'),
      operation(3, [3, 3], 'FAILED'),
      operation(4, [4, 4], 'RUNNING'),
    ],
    spec(),
  );
  expect(changes.slice(1)).toMatchObject([
    { before: {}, after: { bundle: bundle('a') } },
    { before: { bundle: bundle('a') }, after: { bundle: bundle('b') }, status: 'FAILED' },
    { before: { bundle: bundle('a') }, after: { bundle: bundle('c') } },
  ]);
});

test('the last changes of many are told as they are among all, from what came before them', () => {
  const all = [
    asked(1, { kind: 'create', spec: spec() }),
    asked(2, { kind: 'deploy', deployId: 'one', bundle: bundle('a') }),
    asked(3, { kind: 'deploy', deployId: 'two', bundle: bundle('b') }),
    asked(4, { kind: 'deploy', deployId: 'three', bundle: bundle('c') }),
  ];
  const operations = [operation(1, [1, 1], 'SUCCEEDED'), operation(2, [2, 3], 'FAILED')];
  const before = { settled: spec(), desired: spec() };
  expect(timeline(all.slice(1), operations.slice(1), spec(), before)).toEqual(
    timeline(all, operations, spec()).slice(1),
  );
});
