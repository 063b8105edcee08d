import { z } from 'zod';

const Jwk = z.looseObject({ kty: z.string(), kid: z.string() });

/** A URL of every deployment, in which `{namespace}` stands for the deployment's. */
const UrlTemplate = z
  .string()
  .refine((template) => template.includes('{namespace}'), 'must contain {namespace}')
  .refine((template) => !template.endsWith('/'), 'must not end with a slash');

/**
 * What carries Celery's messages: a Redis that the cell's deployments share, each as a user of its own. The secret's
 * string is the password of its administrator, the user `default`.
 */
const Broker = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('redis'),
    host: z.string().min(1),
    port: z.number().int().positive(),
    passwordSecretArn: z.string().min(1),
  }),
]);
export type Broker = z.infer<typeof Broker>;

/** A cell: where deployments live. The API calls it a cluster. Nothing in it is secret. */
export const Cell = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  /** As the API names cloud providers: `AWS`, or `LOCAL` for one machine. */
  provider: z.string().min(1),
  region: z.string().min(1),
  /** The ECS cluster's name. */
  cluster: z.string().min(1),
  /** The cell's Postgres and who may create databases in it; the secret's string is the password. */
  database: z.strictObject({
    host: z.string().min(1),
    port: z.number().int().positive(),
    user: z.string().min(1),
    passwordSecretArn: z.string().min(1),
  }),
  /** A cell without one offers no executor CELERY. */
  broker: Broker.optional(),
  bucket: z.string().min(1),
  /** What a browser sees of a deployment's Airflow. */
  publicUrl: UrlTemplate,
  /** Where a deployment's own components find their api-server. */
  apiUrl: UrlTemplate,
  /** The public keys of the front door's tokens, as a JWKS. */
  frontDoorKeys: z.strictObject({ keys: z.array(Jwk) }),
  /** Where the images of the runtime versions are; a version is a tag. */
  images: z.strictObject({ repository: z.string().min(1) }),
  executionRoleArn: z.string().min(1),
  /** Of its tasks, on Fargate; one machine has none. */
  network: z
    .strictObject({ subnets: z.array(z.string()).min(1), securityGroups: z.array(z.string()).min(1) })
    .optional(),
  /** A deployment's log group is `<prefix>/<deploymentId>`. */
  logGroupPrefix: z.string().startsWith('/'),
});
export type Cell = z.infer<typeof Cell>;

/** A URL template of the cell with a deployment's namespace in it. */
export function urlOf(template: string, namespace: string): string {
  return template.replaceAll('{namespace}', namespace);
}
