import { z } from 'zod';

/** What ECS keeps of its nouns: clusters, task definitions, services and tasks. Times are epoch milliseconds. */

const keyValue = z.object({ name: z.string(), value: z.string() });
const seconds = (from: number, to: number) => z.int().min(from).max(to);

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html, its ranges and defaults. */
export const healthCheck = z.object({
  command: z
    .array(z.string())
    .min(2)
    .refine(([kind]) => kind === 'CMD' || kind === 'CMD-SHELL', 'must begin with CMD or CMD-SHELL'),
  interval: seconds(5, 300).default(30),
  timeout: seconds(2, 120).default(5),
  retries: z.int().min(1).max(10).default(3),
  startPeriod: seconds(0, 300).default(0),
});
export type HealthCheck = z.infer<typeof healthCheck>;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html. */
export const restartPolicy = z.object({
  enabled: z.boolean(),
  ignoredExitCodes: z.array(z.int()).max(50).default([]),
  restartAttemptPeriod: seconds(60, 1800).default(300),
});

export const containerDefinition = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, 'must be 1 to 255 letters, digits, _ or -'),
  image: z.string().min(1),
  essential: z.boolean().default(true),
  entryPoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.array(keyValue).default([]),
  secrets: z.array(z.object({ name: z.string(), valueFrom: z.string() })).default([]),
  portMappings: z
    .array(z.looseObject({ containerPort: z.int().min(1).max(65_535), name: z.string().optional() }))
    .default([]),
  dependsOn: z
    .array(
      z.object({
        containerName: z.string(),
        condition: z.enum(['START', 'COMPLETE', 'SUCCESS', 'HEALTHY']),
      }),
    )
    .default([]),
  healthCheck: healthCheck.optional(),
  restartPolicy: restartPolicy.optional(),
  /** Hard limit in MiB. */
  memory: z.int().min(6).optional(),
  /** On Fargate at most 120; 30 when it is not given. */
  stopTimeout: seconds(0, 120).default(30),
  logConfiguration: z
    .looseObject({ logDriver: z.string(), options: z.record(z.string(), z.string()).default({}) })
    .optional(),
});
export type ContainerDefinition = z.infer<typeof containerDefinition>;

export const taskDefinition = z.looseObject({
  taskDefinitionArn: z.string(),
  family: z.string(),
  revision: z.int(),
  status: z.enum(['ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS']),
  registeredAt: z.number(),
  deregisteredAt: z.number().optional(),
  containerDefinitions: z.array(containerDefinition).min(1),
  taskRoleArn: z.string().optional(),
  /** MiB for all containers together; the limit of a container that has none of its own. */
  memory: z.string().optional(),
  cpu: z.string().optional(),
});
export type TaskDefinition = z.infer<typeof taskDefinition>;

export const overrides = z.looseObject({
  containerOverrides: z
    .array(
      z.looseObject({
        name: z.string(),
        command: z.array(z.string()).optional(),
        environment: z.array(keyValue).default([]),
        memory: z.int().min(6).optional(),
      }),
    )
    .default([]),
  taskRoleArn: z.string().optional(),
});
export type Overrides = z.infer<typeof overrides>;

export const healthStatus = z.enum(['HEALTHY', 'UNHEALTHY', 'UNKNOWN']);
export type HealthStatus = z.infer<typeof healthStatus>;

const taskContainer = z.object({
  name: z.string(),
  image: z.string(),
  /** Whether the task's health depends on it: it is essential and has a health check. */
  checked: z.boolean(),
  containerPorts: z.array(z.int()),
  lastStatus: z.enum(['PENDING', 'RUNNING', 'STOPPED']),
  healthStatus,
  /** What the health check printed last. */
  healthOutput: z.string().optional(),
  startedAt: z.number().optional(),
  exitCode: z.int().optional(),
  reason: z.string().optional(),
});
export type TaskContainer = z.infer<typeof taskContainer>;

export const task = z.object({
  taskArn: z.string(),
  cluster: z.string(),
  taskDefinitionArn: z.string(),
  group: z.string(),
  startedBy: z.string().optional(),
  clientToken: z.string().optional(),
  /** The service that started it, and in which of its deployments. */
  service: z.object({ name: z.string(), deploymentId: z.string() }).optional(),
  /** The end of its `ECS_AGENT_URI`, by which the agent knows it. */
  agentId: z.string().optional(),
  overrides,
  desiredStatus: z.enum(['RUNNING', 'STOPPED']),
  lastStatus: z.enum(['PENDING', 'RUNNING', 'STOPPED']),
  healthStatus,
  containers: z.array(taskContainer),
  /** Container port to the free host port chosen for it; not there until the task starts. */
  ports: z.record(z.string(), z.int()).optional(),
  /** Until when scale-in and deployments leave it alone. */
  protectedUntil: z.number().optional(),
  createdAt: z.number(),
  startedAt: z.number().optional(),
  stoppingAt: z.number().optional(),
  stoppedAt: z.number().optional(),
  stopCode: z
    .enum(['TaskFailedToStart', 'EssentialContainerExited', 'UserInitiated', 'ServiceSchedulerInitiated'])
    .optional(),
  stoppedReason: z.string().optional(),
  version: z.int(),
});
export type Task = z.infer<typeof task>;

export const deployment = z.object({
  id: z.string(),
  status: z.enum(['PRIMARY', 'ACTIVE']),
  taskDefinition: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  /** Failures in a row: no task got ready since the first of them. */
  failedTasks: z.int(),
  lastFailure: z.object({ at: z.number(), reason: z.string() }).optional(),
  rolloutState: z.enum(['IN_PROGRESS', 'COMPLETED', 'FAILED']),
  rolloutStateReason: z.string(),
});
export type Deployment = z.infer<typeof deployment>;

export const deploymentConfiguration = z.looseObject({
  minimumHealthyPercent: z.int().min(0).max(100).default(100),
  maximumPercent: z.int().min(100).max(200).default(200),
  deploymentCircuitBreaker: z
    .object({
      enable: z.boolean(),
      rollback: z.literal(false, 'is not offered here: only false is'),
    })
    .default({ enable: false, rollback: false }),
});

export const serviceConnect = z.looseObject({
  enabled: z.boolean(),
  services: z
    .array(
      z.looseObject({
        portName: z.string(),
        clientAliases: z.array(z.looseObject({ port: z.int(), dnsName: z.string().optional() })).default([]),
      }),
    )
    .default([]),
});

export const service = z.looseObject({
  serviceArn: z.string(),
  serviceName: z.string(),
  cluster: z.string(),
  status: z.enum(['ACTIVE', 'DRAINING', 'INACTIVE']),
  desiredCount: z.int().min(0),
  taskDefinition: z.string(),
  deploymentConfiguration,
  serviceConnectConfiguration: serviceConnect.optional(),
  /** The primary first. */
  deployments: z.array(deployment),
  events: z.array(z.object({ id: z.string(), createdAt: z.number(), message: z.string() })),
  createdAt: z.number(),
  /** When it became INACTIVE. */
  endedAt: z.number().optional(),
  /** Whether all runs as wanted, and nothing else. */
  steady: z.boolean(),
});
export type Service = z.infer<typeof service>;
