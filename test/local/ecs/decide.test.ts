import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, isReady } from '../../../local/ecs/decide.ts';
import { type Service, service, type Task, taskDefinition } from '../../../local/ecs/documents.ts';
import { newServiceTask } from '../../../local/ecs/task.ts';

const START = 1_000_000;
const definition = taskDefinition.parse({
  taskDefinitionArn: 'td:1',
  family: 'td',
  revision: 1,
  status: 'ACTIVE',
  registeredAt: START,
  containerDefinitions: [{ name: 'main', image: 'any', healthCheck: { command: ['CMD', 'true'] } }],
});

function newService(desiredCount: number, configuration: object = {}): Service {
  return service.parse({
    serviceArn: 'arn',
    serviceName: 'web',
    cluster: 'cell',
    status: 'ACTIVE',
    desiredCount,
    taskDefinition: 'td:1',
    deploymentConfiguration: configuration,
    deployments: [newDeployment('d1')],
    events: [],
    createdAt: START,
    steady: false,
  });
}

function newDeployment(id: string) {
  return {
    id,
    status: 'PRIMARY',
    taskDefinition: 'td:1',
    createdAt: START,
    updatedAt: START,
    failedTasks: 0,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: '',
  } as const;
}

function rolled(before: Service, id: string): Service {
  const older = before.deployments.map((deployment) => ({ ...deployment, status: 'ACTIVE' as const }));
  return { ...before, deployments: [newDeployment(id), ...older], steady: false };
}

/** A world in which services decide: tasks get healthy, fail, end, as the test says. */
class World {
  service: Service;
  tasks: Task[] = [];
  now = START;
  #ended: Task[] = [];

  constructor(initial: Service) {
    this.service = initial;
  }

  decide(): number {
    this.now += 1_000;
    const decision = decide(this.service, this.tasks, this.#ended, this.now);
    this.#ended = [];
    this.service = decision.service;
    for (const { taskArn } of decision.stop) {
      this.#change(taskArn, { desiredStatus: 'STOPPED', stopCode: 'ServiceSchedulerInitiated' });
    }
    const [primary] = this.service.deployments;
    for (let count = 0; count < decision.start; count++) {
      this.tasks.push(newServiceTask(this.service, primary?.id ?? '', definition, this.now));
    }
    return decision.start;
  }

  happen(kind: string, pick: number): void {
    if (kind === 'desire') this.service = { ...this.service, desiredCount: pick };
    if (kind === 'roll') this.service = rolled(this.service, `at-${this.now}`);
    const task = this.tasks[pick % Math.max(1, this.tasks.length)];
    if (task === undefined) return;
    if (kind === 'healthy') this.healthy(task);
    if (kind === 'unhealthy') this.unhealthy(task);
    if (kind === 'end') this.end(task);
    if (kind === 'protect') this.protect(task, this.now + 60_000);
  }

  protect(task: Task, until: number): void {
    this.#change(task.taskArn, { protectedUntil: until });
  }

  healthy(task: Task): void {
    this.#change(task.taskArn, { lastStatus: 'RUNNING', healthStatus: 'HEALTHY', startedAt: this.now });
  }

  unhealthy(task: Task): void {
    this.#change(task.taskArn, { lastStatus: 'RUNNING', healthStatus: 'UNHEALTHY' });
  }

  /** The task ends: because it was asked to, or by itself. */
  end(task: Task): void {
    const stopCode = task.stopCode ?? 'EssentialContainerExited';
    this.tasks = this.tasks.filter(({ taskArn }) => taskArn !== task.taskArn);
    this.#ended.push({
      ...task,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode,
      stoppedReason: 'why',
    });
  }

  /** Everything goes well from now on, and no protection is renewed. */
  settle(): void {
    this.now += 60_000;
    for (let look = 0; look < 200; look++) {
      this.decide();
      for (const task of this.tasks) {
        if (task.desiredStatus === 'STOPPED') this.end(task);
        else if (task.healthStatus !== 'UNHEALTHY') this.healthy(task);
      }
    }
  }

  ready(): Task[] {
    return this.tasks.filter((task) => isReady(task, this.now));
  }

  #change(taskArn: string, change: Partial<Task>): void {
    this.tasks = this.tasks.map((task) => (task.taskArn === taskArn ? { ...task, ...change } : task));
  }
}

describe('a service', () => {
  test('starts its desired count, once', () => {
    const world = new World(newService(3));
    expect([world.decide(), world.decide()]).toEqual([3, 0]);
  });

  test('with a maximum of 100 % starts the new task when the old one has ended', () => {
    const world = new World(newService(1, { minimumHealthyPercent: 0, maximumPercent: 100 }));
    world.settle();
    world.service = rolled(world.service, 'd2');
    expect(world.decide()).toBe(0);
    const [old] = world.tasks;
    expect(old?.desiredStatus).toBe('STOPPED');
    expect(world.decide()).toBe(0);
    if (old !== undefined) world.end(old);
    expect(world.decide()).toBe(1);
  });

  test('with a minimum of 100 % keeps the old task until the new one is healthy', () => {
    const world = new World(newService(1));
    world.settle();
    world.service = rolled(world.service, 'd2');
    expect(world.decide()).toBe(1);
    world.decide();
    expect(world.tasks.map(({ desiredStatus }) => desiredStatus)).toEqual(['RUNNING', 'RUNNING']);
    for (const task of world.tasks) world.healthy(task);
    world.decide();
    expect(world.tasks.map(({ desiredStatus }) => desiredStatus)).toEqual(['STOPPED', 'RUNNING']);
  });

  test('that keeps failing tries ever more seldom, at most a minute apart', () => {
    const world = new World(newService(1));
    const starts: number[] = [];
    for (let look = 0; look < 400; look++) {
      if (world.decide() > 0) starts.push(world.now);
      for (const task of world.tasks) world.end(task);
    }
    const pauses = starts.slice(1).map((at, index) => (at - (starts[index] ?? 0)) / 1_000);
    expect(pauses.slice(0, 7)).toEqual([1, 2, 3, 5, 9, 17, 33]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(61);
  });

  test('whose one task fails again and again is not kept busy by another that is healthy', () => {
    const world = new World(newService(2));
    world.decide();
    const [good] = world.tasks;
    if (good !== undefined) world.healthy(good);
    let starts = 0;
    for (let look = 0; look < 60; look++) {
      for (const task of world.tasks) if (task.taskArn !== good?.taskArn) world.end(task);
      starts += world.decide();
    }
    expect(starts).toBeLessThan(10);
  });
});

describe('a protected task', () => {
  function protectedWorld(): World {
    const world = new World(newService(1));
    world.settle();
    for (const task of world.tasks) world.protect(task, world.now + 60_000);
    return world;
  }
  const desires = (world: World) => world.tasks.map(({ desiredStatus }) => desiredStatus);

  test('is left alone when none is wanted, until its protection ends', () => {
    const world = protectedWorld();
    world.service = { ...world.service, desiredCount: 0 };
    world.decide();
    expect(desires(world)).toEqual(['RUNNING']);
    world.now += 60_000;
    world.decide();
    expect(desires(world)).toEqual(['STOPPED']);
  });

  test('that is not ready yet keeps one that is ready from being stopped by scale-in', () => {
    const world = new World(newService(2));
    world.decide();
    const [starting, ready] = world.tasks;
    if (starting === undefined || ready === undefined) throw new Error('two tasks were to be started');
    world.protect(starting, world.now + 60_000);
    world.healthy(ready);
    world.service = { ...world.service, desiredCount: 1 };
    world.decide();
    expect(desires(world)).toEqual(['RUNNING', 'RUNNING']);
    world.healthy(starting);
    world.decide();
    expect(desires(world)).toEqual(['RUNNING', 'STOPPED']);
  });

  test('is left alone by a newer deployment, which runs beside it', () => {
    const world = protectedWorld();
    world.service = rolled(world.service, 'd2');
    for (let look = 0; look < 10; look++) {
      world.decide();
      for (const task of world.tasks) world.healthy(task);
    }
    expect(desires(world)).toEqual(['RUNNING', 'RUNNING']);
    expect(world.service.deployments).toHaveLength(2);
  });

  test('that ends by itself is replaced when one is wanted, and not when none is', () => {
    for (const desiredCount of [1, 0]) {
      const world = protectedWorld();
      world.service = { ...world.service, desiredCount };
      world.decide();
      for (const task of world.tasks) world.end(task);
      world.settle();
      expect(world.tasks).toHaveLength(desiredCount);
    }
  });

  test('that gets unhealthy is stopped all the same', () => {
    const world = protectedWorld();
    for (const task of world.tasks) world.unhealthy(task);
    world.decide();
    expect(desires(world)[0]).toBe('STOPPED');
  });

  test('of a service that is deleted is stopped', () => {
    const world = protectedWorld();
    world.service = { ...world.service, status: 'DRAINING', desiredCount: 0 };
    world.decide();
    expect(desires(world)).toEqual(['STOPPED']);
  });
});

test('whatever happens, the percentages hold, and when it ends the service gets what it wants', () => {
  const happening = fc.record({
    kind: fc.constantFrom('healthy', 'unhealthy', 'end', 'protect', 'desire', 'roll', 'look'),
    pick: fc.nat(6),
  });
  const minimums = fc.constantFrom(0, 50, 100);
  fc.assert(
    fc.property(minimums, fc.array(happening), (minimumHealthyPercent, story) => {
      const world = new World(newService(2, { minimumHealthyPercent, maximumPercent: 200 }));
      for (const { kind, pick } of story) {
        world.happen(kind, pick);
        const readyBefore = world.ready().length;
        const safe = world.tasks.filter(
          ({ protectedUntil = 0, healthStatus, desiredStatus }) =>
            protectedUntil > world.now + 1_000 && healthStatus !== 'UNHEALTHY' && desiredStatus === 'RUNNING',
        );
        const started = world.decide();
        const { desiredCount } = world.service;
        for (const { taskArn } of safe) {
          expect(world.tasks.find((task) => task.taskArn === taskArn)?.desiredStatus).toBe('RUNNING');
        }
        if (started > 0) expect(world.tasks.length).toBeLessThanOrEqual(desiredCount * 2);
        const minimum = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
        expect(world.ready().length).toBeGreaterThanOrEqual(Math.min(readyBefore, minimum));
      }
      world.settle();
      const [primary] = world.service.deployments;
      expect(world.tasks.map(({ service }) => service?.deploymentId)).toEqual(
        Array.from({ length: world.service.desiredCount }, () => primary?.id),
      );
      expect(world.ready()).toHaveLength(world.service.desiredCount);
      expect(world.service).toMatchObject({ steady: true, deployments: [{ rolloutState: 'COMPLETED' }] });
    }),
    { numRuns: 500 },
  );
});
