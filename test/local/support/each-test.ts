import { afterEach, beforeEach } from 'vitest';
import {
  createEndpointsProcess,
  createFolder,
  type EndpointsProcess,
  type Folder,
  type Setup,
  startEndpoints,
  type TestEndpoints,
} from './endpoints.ts';

/** What each test of a file has: a folder of its own, and the endpoints that it starts there, ended after it. */
export interface EndpointsOfEachTest {
  readonly folder: Folder;
  /** Starts the endpoints in this process. */
  start(setup: Setup): Promise<TestEndpoints>;
  /** Starts them as a process of their own. */
  launch(setup: Setup): Promise<EndpointsProcess>;
}

export function endpointsOfEachTest(): EndpointsOfEachTest {
  let folder: Folder;
  const ends: (() => Promise<void>)[] = [];
  beforeEach(() => {
    folder = createFolder();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    folder.remove();
  });
  return {
    get folder() {
      return folder;
    },
    async start(setup) {
      const endpoints = await startEndpoints(folder, setup);
      ends.push(() => endpoints.close());
      return endpoints;
    },
    async launch(setup) {
      const child = createEndpointsProcess(folder, setup);
      ends.push(() => child.kill());
      await child.start();
      return child;
    },
  };
}
