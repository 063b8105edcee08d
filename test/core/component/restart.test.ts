import { expect, test } from 'vitest';
import { componentsOf } from '../../../core/component/service.ts';
import { serviceTaskDefinition } from '../../../core/component/task-definition.ts';
import { setting } from '../../support/setting.ts';

test('every component is started again in place however it ends, but for a worker that has drained', () => {
  const made = setting('ASTRO');
  const ignored = componentsOf({ spec: made.spec, generations: { default: 1 } })
    .flatMap((component) => serviceTaskDefinition(made, component).containerDefinitions ?? [])
    .map(({ name, restartPolicy }) => [name, restartPolicy?.enabled, restartPolicy?.ignoredExitCodes]);
  expect(ignored).toEqual([
    ['scheduler', true, []],
    ['dag-processor', true, []],
    ['triggerer', true, []],
    ['api-server', true, []],
    ['worker', true, [0]],
  ]);
});
