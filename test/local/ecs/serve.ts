/** Serves ECS over a test's folder until it is killed; SIGINT stops the tasks, SIGTERM leaves them: `serve.ts <folder> <port>`. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createEcs } from '../../../local/ecs/endpoint.ts';
import { jsonProtocol } from '../../../local/endpoint/json.ts';
import { createEndpointServer } from '../../../local/endpoint/server.ts';

const [root = '', port = ''] = process.argv.slice(2);
const folder = (name: string) => join(root, name);
for (const name of ['tasks', 'logs']) mkdirSync(folder(name), { recursive: true });
const skew = Number(process.env.SKEW_MS ?? 0);
const onError = (message: string, error: unknown) => console.error(message, error);
const ecs = createEcs({
  statePath: folder('ecs.db'),
  tasksFolder: folder('tasks'),
  logsFolder: folder('logs'),
  routesFile: folder('routes.json'),
  python: process.env.WINDSOCK_PYTHON ?? 'python3',
  environment: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' },
  agentUrl: `http://127.0.0.1:${port}`,
  allows: (principal, action) => principal === 'role-worker' && action.endsWith('TaskProtection'),
  async resolveImage(image) {
    if (image === 'missing') throw new Error('no such image: missing');
    return { binPath: '/opt/image/bin', environment: { IMAGE: image } };
  },
  async readSecret(valueFrom) {
    if (valueFrom.endsWith('missing')) throw new Error(`no such secret: ${valueFrom}`);
    return process.env.SECRET ?? '';
  },
  onEvent: (event) => appendFileSync(folder('events'), `${JSON.stringify(event)}\n`),
  onError,
  now: () => Date.now() + skew,
});
const server = createEndpointServer({
  protocols: [jsonProtocol([ecs], () => true), ...(ecs.protocols ?? [])],
  onError,
});
process.on('SIGINT', async () => {
  await ecs.stop();
  ecs.detach();
  process.exit(0);
});
process.on('SIGTERM', () => {
  ecs.detach();
  process.exit(0);
});
server.listen(Number(port), '127.0.0.1', () => {
  ecs.start();
  console.log('listening');
});
