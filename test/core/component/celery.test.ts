import { expect, test } from 'vitest';
import type { Cell } from '../../../core/cell/schema.ts';
import { componentsOf } from '../../../core/component/service.ts';
import type { Setting } from '../../../core/component/setting.ts';
import { databaseTaskDefinition, serviceTaskDefinition } from '../../../core/component/task-definition.ts';
import type { Executor } from '../../../core/deployment/executors.ts';
import { offerErrors } from '../../../core/deployment/offer.ts';
import { cell } from '../../support/cell.ts';
import { setting } from '../../support/setting.ts';

const { broker: _, ...withoutBroker } = cell;

/** What each container of a deployment's services is told: values and the places of secrets, by name. */
function told(executor: Executor): Record<string, string>[] {
  const made = setting(executor);
  const components = componentsOf({ spec: made.spec, generations: { default: 1 } });
  return components
    .flatMap((component) => serviceTaskDefinition(made, component).containerDefinitions ?? [])
    .map(environmentOf);
}

test('with CELERY every component knows its own user of the broker, and that of its results', () => {
  for (const environment of told('CELERY')) {
    expect(environment).toMatchObject({
      WINDSOCK_EXECUTOR: 'CELERY',
      WINDSOCK_BROKER_URL: 'redis://redis:6379/0',
      WINDSOCK_BROKER_USER: 'airflow_cdeployment',
      WINDSOCK_BROKER_PASSWORD: 'arn:platform:brokerPassword::',
      WINDSOCK_RESULT_USER: 'airflow_cdeployment_results',
      WINDSOCK_RESULT_PASSWORD: 'arn:platform:resultPassword::',
    });
  }
});

test('with ASTRO no component knows of a broker, and none ever has a credential of the cell', () => {
  for (const environment of told('ASTRO'))
    expect(Object.keys(environment).join()).not.toMatch(/BROKER|RESULT/);
  for (const environment of [...told('ASTRO'), ...told('CELERY')]) {
    expect(Object.keys(environment).join()).not.toContain('CELL');
  }
});

test.each(['ASTRO', 'CELERY'] as const)('a create makes the user at the broker, also with %s', (executor) => {
  expect(databaseTask(setting(executor), 'create')).toMatchObject({
    WINDSOCK_BROKER_USER: 'airflow_cdeployment',
    WINDSOCK_BROKER_PASSWORD: 'arn:platform:brokerPassword::',
    WINDSOCK_CELL_BROKER_PASSWORD: 'arn:cell-broker',
  });
});

test('a drop needs none of the deployment’s own passwords, which it may never have had', () => {
  const environment = databaseTask(setting('CELERY'), 'drop');
  expect(environment).toMatchObject({
    WINDSOCK_BROKER_USER: 'airflow_cdeployment',
    WINDSOCK_CELL_BROKER_PASSWORD: 'arn:cell-broker',
  });
  expect(Object.values(environment).join()).not.toContain('arn:platform');
});

test('a cell without a broker offers no CELERY, and its database tasks know of none', () => {
  const fields = (executor: 'CELERY' | 'KUBERNETES', of: Cell) =>
    offerErrors({ executor }, of).map(({ field, message }) => [field, message]);
  expect(fields('CELERY', cell)).toEqual([]);
  expect(fields('CELERY', withoutBroker)).toEqual([['executor', 'CELERY is not offered; there are ASTRO']]);
  expect(fields('KUBERNETES', cell)).toEqual([
    ['executor', 'KUBERNETES is not offered; there are ASTRO, CELERY'],
  ]);
  for (const action of ['create', 'drop'] as const) {
    const names = Object.keys(databaseTask(setting('ASTRO', withoutBroker), action)).join();
    expect(names).not.toMatch(/BROKER_URL|BROKER_USER|CELL_BROKER/);
  }
});

function databaseTask(made: Setting, action: 'create' | 'drop'): Record<string, string> {
  const [container] = databaseTaskDefinition(made, action).containerDefinitions ?? [];
  expect(container?.command).toEqual(['windsock-airflow', 'database', action]);
  return environmentOf(container ?? {});
}

function environmentOf(container: {
  environment?: { name?: string | undefined; value?: string | undefined }[] | undefined;
  secrets?: { name: string | undefined; valueFrom: string | undefined }[] | undefined;
}): Record<string, string> {
  const { environment = [], secrets = [] } = container;
  return Object.fromEntries([
    ...environment.map(({ name = '', value = '' }) => [name, value]),
    ...secrets.map(({ name = '', valueFrom = '' }) => [name, valueFrom]),
  ]);
}
