import { expect, test } from 'vitest';
import { emptying } from '../../../core/workflow/pointer.ts';

const NOW = new Date('2026-11-26T12:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const DAY = 86_400;

test('a queue that was removed is emptied for a day, by the workers that worked on it', () => {
  expect(emptying({ queues: { default: 4, big: 2 }, emptying: {} }, { default: 4 }, NOW)).toEqual({
    big: { generation: 2, until: SECONDS + DAY },
  });
});

test('written again, it is the same, and the day does not begin anew', () => {
  const before = { queues: { default: 4 }, emptying: { big: { generation: 2, until: SECONDS + 60 } } };
  expect(emptying(before, { default: 4 }, NOW)).toEqual(before.emptying);
});

test('a queue that comes back is emptied no more, nor is one whose day is over', () => {
  const until = SECONDS + 60;
  const before = {
    queues: { default: 4 },
    emptying: { big: { generation: 2, until }, huge: { generation: 3, until: SECONDS } },
  };
  expect(emptying(before, { default: 4, big: 6 }, NOW)).toEqual({});
});

test('a queue that no pointer named is not emptied', () => {
  expect(emptying(undefined, { default: 1 }, NOW)).toEqual({});
  expect(emptying({ queues: { default: 1 }, emptying: {} }, { default: 1 }, NOW)).toEqual({});
});
