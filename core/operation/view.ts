import { z } from 'zod';
import { Subject } from '../subject.ts';
import { type OperationItem, operationStatuses } from './entity.ts';
import { OperationKind, Plan } from './plan.ts';
import { QueueTasks } from './queue-tasks.ts';

const Step = z.object({ name: z.string(), startedAt: z.string(), endedAt: z.string().optional() });

/** What a request would do, as the API answers it in place of doing it. */
export const Planned = z.object({
  plan: Plan,
  /** Of the queues whose tasks the plan has at risk or queues again; absent when there is none. */
  queueTasks: QueueTasks.optional(),
});
export type Planned = z.infer<typeof Planned>;

/** An operation as the API answers it; `intents` are the numbers of the first and the last that it carries. */
export const Operation = z.object({
  number: z.number(),
  kind: OperationKind,
  status: z.enum(operationStatuses),
  reason: z.string().optional(),
  attempt: z.number(),
  plan: Plan,
  intents: z.object({ first: z.number(), last: z.number() }),
  fromRevision: z.number().optional(),
  toRevision: z.number().optional(),
  steps: z.array(Step),
  createdAt: z.string(),
  createdBy: Subject,
  endedAt: z.string().optional(),
});
export type Operation = z.infer<typeof Operation>;

export function operationView({ firstIntent, lastIntent, steps, ...item }: OperationItem): Operation {
  return { ...item, steps: [...steps], intents: { first: firstIntent, last: lastIntent } };
}
