import { z } from 'zod';
import type { Tenant } from './client.ts';
import { alphaOf, type Deployment } from './deployment.ts';

const Operation = z.object({ kind: z.string(), status: z.string(), attempt: z.int() });

/** What was done to a deployment, the newest first: `create SUCCEEDED in attempt 1`. */
export async function operations(tenant: Tenant, deployment: Deployment): Promise<string[]> {
  const path = `${alphaOf(tenant, deployment)}/operations`;
  const { body } = await tenant.client.get(path);
  const found = z.object({ operations: z.array(Operation) }).parse(body).operations;
  return found.map(({ kind, status, attempt }) => `${kind} ${status} in attempt ${attempt}`);
}
