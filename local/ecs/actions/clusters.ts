import { z } from 'zod';
import { clusterArn, viewCluster } from '../view.ts';
import { clusterName, parse } from './input.ts';
import type { ActionsOptions } from './options.ts';

const createCluster = z.object({ clusterName });
const describeClusters = z.object({ clusters: z.array(clusterName).default(['default']) });

/** CreateCluster and DescribeClusters. */
export function clusterActions({ store }: ActionsOptions) {
  return {
    CreateCluster(input: unknown) {
      const { clusterName: name } = parse(createCluster, input);
      store.putCluster(name);
      return { cluster: viewCluster(name, store.tasks(name), store.services()) };
    },
    DescribeClusters(input: unknown) {
      const { clusters } = parse(describeClusters, input);
      const known = new Set(store.clusters());
      return {
        clusters: clusters
          .filter((name) => known.has(name))
          .map((name) => viewCluster(name, store.tasks(name), store.services())),
        failures: clusters
          .filter((name) => !known.has(name))
          .map((name) => ({ arn: clusterArn(name), reason: 'MISSING' })),
      };
    },
  };
}
