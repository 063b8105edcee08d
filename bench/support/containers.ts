import { DescribeTasksCommand, type ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { names } from '../../local/names.ts';
import { stopwatch } from './stopwatch.ts';

/** When a container was first seen RUNNING and HEALTHY, in seconds after the watch began. */
export interface Seen {
  running?: number;
  healthy?: number;
}

export interface Watch {
  /** Ends the watch; answers what was seen, by the container's name. */
  stop(): Promise<ReadonlyMap<string, Seen>>;
}

const LOOK_MS = 200;

/** Watches the containers of every task on the platform, five times a second. */
export function watchContainers(ecs: ECSClient): Watch {
  const elapsed = stopwatch();
  const seen = new Map<string, Seen>();
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, LOOK_MS);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
      return seen;
    },
  };

  async function look(): Promise<void> {
    const { taskArns: tasks = [] } = await ecs.send(new ListTasksCommand({ cluster: names.cluster }));
    if (tasks.length === 0) return;
    const { tasks: described = [] } = await ecs.send(
      new DescribeTasksCommand({ cluster: names.cluster, tasks }),
    );
    for (const { name, lastStatus, healthStatus } of described.flatMap(({ containers = [] }) => containers)) {
      if (name === undefined || lastStatus !== 'RUNNING') continue;
      const times = seen.get(name) ?? { running: elapsed() };
      if (healthStatus === 'HEALTHY') times.healthy ??= elapsed();
      seen.set(name, times);
    }
  }
}
