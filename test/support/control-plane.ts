import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { z } from 'zod';
import { newPlatformSecret, type PlatformSecret } from '../../core/platform/secret.ts';
import { createApi } from '../../functions/api/api.ts';
import { createClock } from '../../functions/clock/tick.ts';
import { readEnvironment } from '../../functions/environment.ts';
import { createServices, type Services } from '../../functions/services.ts';
import { jsonProtocol } from '../../local/endpoint/json.ts';
import { restProtocol } from '../../local/endpoint/rest.ts';
import { createEndpointServer } from '../../local/endpoint/server.ts';
import { createLogs } from '../../local/logs/endpoint.ts';
import { createMailbox, type Mailbox } from '../../local/mail/mailbox.ts';
import { createSecrets } from '../../local/secrets/endpoint.ts';
import { openSecretStore } from '../../local/secrets/store.ts';
import { cell } from './cell.ts';
import { startDynamodb } from './dynamodb.ts';
import { createEventLoop } from './event-loop.ts';

/** An answer of the API: its status, headers and JSON (text when it is not JSON). */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** `Set-Cookie` headers. */
  readonly cookies: readonly string[];
  readonly body: unknown;
}

export interface CallOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  /** The body as it is, instead of JSON. */
  readonly raw?: string | Buffer;
  /** The network address that the gateway saw. */
  readonly sourceAddress?: string;
}

/** The control plane's functions in this process, with a real table, secrets and mailbox, and a clock to move. */
export interface ControlPlane {
  readonly services: Services;
  readonly secret: PlatformSecret;
  readonly mailbox: Mailbox;
  /** What time the next event brings. */
  now(): Date;
  advanceClock(seconds: number): void;
  /** Moves the clock to the beginning of the next span of so many seconds. */
  advanceToNext(seconds: number): void;
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  /** Runs the clock's function once. */
  tick(): Promise<void>;
  /** From now on the table's stream is published, and its events are delivered. */
  startEvents(): void;
  stop(): Promise<void>;
}

const PUBLIC_URL = 'http://localhost:8888';

/** Starts one in about 200 ms. Its time begins at the real time. Without a stream, `startEvents` finds none. */
export async function startControlPlane({
  rateLimitFactor = 1000,
  stream = true,
  publicUrl = PUBLIC_URL,
  /** The table as the API reaches it. */
  table = (client: DynamoDBDocumentClient) => client,
} = {}): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'windsock-control-plane-'));
  const dynamodb = await startDynamodb({ stream });
  const secretStore = openSecretStore(join(folder, 'secrets.db'), join(folder, 'key'));
  const mailbox = createMailbox(join(folder, 'mail.db'));
  const allows = () => true;
  const sendEmail = { method: 'POST', path: '/v2/email/outbound-emails', action: 'SendEmail' };
  let shift = 0;
  const now = () => new Date(Date.now() + shift);
  const events = createEventLoop(dynamodb, folder, now);
  // No function is triggered by logs here, so that no subscription is made.
  const logs = createLogs(join(folder, 'logs'), [], { put: () => undefined, remove: () => undefined });
  const server = createEndpointServer({
    protocols: [
      jsonProtocol([createSecrets(secretStore), logs, events.bus], allows),
      restProtocol(mailbox, sendEmail, allows),
    ],
    onError: (message, error) => console.error(message, error),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  for (const name of ['SECRETS_MANAGER', 'SESV2', 'SFN', 'ECS', 'EVENTBRIDGE', 'CLOUDWATCH_LOGS', 'S3']) {
    process.env[`AWS_ENDPOINT_URL_${name}`] = `http://127.0.0.1:${port}`;
  }
  const secret = newPlatformSecret('operator'.padEnd(32, '-'));
  const { arn } = secretStore.create('windsock/platform', '', JSON.stringify(secret), undefined);
  const services = createServices(
    readEnvironment(environment(dynamodb.table, arn, rateLimitFactor, publicUrl)),
  );
  const api = createApi(services.through(table(services.database)));
  const clock = createClock(services);
  const started = Date.now();
  let requests = 0;
  const advanceClock = (seconds: number) => {
    shift += seconds * 1000;
  };

  return {
    services,
    secret,
    mailbox,
    now,
    advanceClock,
    advanceToNext: (seconds) => advanceClock(seconds - (Math.floor(now().getTime() / 1000) % seconds)),
    async call(method, path, body, options = {}) {
      requests += 1;
      const event = apiEvent(method, path, body, options, now(), `request-${started}-${requests}`);
      return read(await api(event, CONTEXT));
    },
    async tick() {
      await clock({
        version: '0',
        id: `tick-${requests}`,
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account: '000000000000',
        region: 'us-east-1',
        time: now().toISOString(),
        resources: [],
        detail: {},
      });
    },
    startEvents: () => events.start(services),
    async stop() {
      await events.stop();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      mailbox.close();
      await dynamodb.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function environment(table: string, secretArn: string, rateLimitFactor: number, publicUrl: string) {
  return {
    TABLE_NAME: table,
    BUS_NAME: 'windsock',
    BUCKET_NAME: 'windsock',
    OPERATE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:operate',
    REMOVE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:remove',
    REPORT_ARN: 'arn:aws:lambda:us-east-1:000000000000:function:report',
    SIGNING_SECRET_ARN: secretArn,
    MAIL_FROM: 'windsock@example.com',
    PUBLIC_URL: publicUrl,
    RATE_LIMIT_FACTOR: String(rateLimitFactor),
    AWS_REGION: 'us-east-1',
    CELL: JSON.stringify({
      ...cell,
      id: 'test',
      name: 'Test',
      publicUrl: `${publicUrl}/{namespace}`,
      apiUrl: 'http://127.0.0.1:4321/{namespace}',
    }),
  };
}

function apiEvent(
  method: string,
  path: string,
  body: unknown,
  { token, headers = {}, cookies = [], raw, sourceAddress = '127.0.0.1' }: CallOptions,
  now: Date,
  requestId: string,
): APIGatewayProxyEventV2 {
  const [rawPath = '/', rawQueryString = ''] = path.split(/\?(.*)/s);
  const bytes = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    cookies: [...cookies],
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      domainName: 'localhost',
      domainPrefix: 'test',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: sourceAddress, userAgent: 'test' },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(bytes === undefined ? {} : { body: Buffer.from(bytes).toString('base64') }),
    isBase64Encoded: bytes !== undefined,
  };
}

function read(result: unknown): Answer {
  const { statusCode, headers, cookies, body } = z
    .object({
      statusCode: z.number(),
      headers: z.record(z.string(), z.unknown()).default({}),
      cookies: z.array(z.string()).default([]),
      body: z.string().optional(),
    })
    .parse(result);
  const isJson = String(headers['content-type'] ?? '').startsWith('application/json');
  return {
    status: statusCode,
    headers,
    cookies,
    body: isJson && body !== undefined ? JSON.parse(body) : body,
  };
}

const CONTEXT: Context = {
  awsRequestId: 'test',
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'api',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:api',
  logGroupName: 'api',
  logStreamName: 'test',
  memoryLimitInMB: '1024',
  getRemainingTimeInMillis: () => 29_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};
