import { readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { StepName } from '../../../core/workflow/steps.ts';

const Machine = z.object({
  States: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Resource: z.string().optional(),
      Parameters: z.looseObject({ step: z.string() }).optional(),
    }),
  ),
});

const read = (name: string): unknown => JSON.parse(readFileSync(`stacks/workflow/${name}.asl.json`, 'utf8'));
const machines = ['operate', 'remove'];

test.each(machines)('%s is valid in the Amazon States Language', (name) => {
  const text = JSON.stringify(read(name)).replaceAll(
    '${step}',
    'arn:aws:lambda:us-east-1:000000000000:function:step',
  );
  const { isValid, errors } = validate(JSON.parse(text));
  expect(isValid, JSON.stringify(errors)).toBe(true);
});

test.each(machines)('%s has nothing but steps, choices and waits', (name) => {
  for (const [state, { Type, Resource }] of Object.entries(Machine.parse(read(name)).States)) {
    expect(['Task', 'Choice', 'Wait', 'Succeed'], state).toContain(Type);
    if (Type === 'Task') expect(Resource, state).toBe('${step}');
  }
});

test('every task of the machines is a step, named as its state, and every step is in a machine', () => {
  const named = machines.flatMap((name) =>
    Object.entries(Machine.parse(read(name)).States).flatMap(([state, { Parameters }]) => {
      if (Parameters === undefined) return [];
      expect(Parameters.step).toBe(state);
      return [state];
    }),
  );
  expect(named.toSorted()).toEqual([...StepName.options].toSorted());
});
