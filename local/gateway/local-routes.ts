import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import type { Schedule } from '../clock/schedule.ts';
import { readBody, UnreadableBody } from '../endpoint/body.ts';
import { namesLoopback } from '../endpoint/loopback.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import type { HttpHandler } from './gateway.ts';

export interface LocalRoutesOptions {
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly mailbox: Mailbox;
}

const shift = z.union([
  z.strictObject({
    advanceSeconds: z
      .number()
      .positive()
      .max(10 * 365 * 86_400),
  }),
  z.strictObject({ now: z.iso.datetime({ offset: true }) }),
]);

type LocalAnswer = readonly [status: number, body: unknown];

/**
 * `/_local/*`, which only one machine has: the mailbox and the clock. One machine is one trust domain, so what is
 * checked is that the request comes from this machine's own names and not from a web page (Host, Origin).
 */
export function localRoutes({ clock, schedule, mailbox }: LocalRoutesOptions): HttpHandler {
  return async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };

  async function answer(request: IncomingMessage): Promise<LocalAnswer> {
    if (!namesLoopback(request.headers))
      return [403, { message: 'Only programs of this machine may ask for this.' }];
    const url = new URL(request.url ?? '/', 'http://localhost');
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /_local/mail': {
        const to = url.searchParams.get('to');
        return to === null
          ? [400, { message: 'Name the mailbox: /_local/mail?to=<e-mail address>' }]
          : [200, { messages: mailbox.messages(to) }];
      }
      case 'GET /_local/clock':
        return [200, { now: new Date(clock.now()).toISOString() }];
      case 'POST /_local/clock':
        return shiftClock(request);
      default:
        return [404, { message: `There is no ${request.method} ${url.pathname}` }];
    }
  }

  async function shiftClock(request: IncomingMessage): Promise<LocalAnswer> {
    const input = shift.safeParse(await readJson(request));
    if (!input.success) {
      return [400, { message: `Send {"advanceSeconds": <more than 0>} or {"now": <RFC 3339 time>}` }];
    }
    const milliseconds =
      'now' in input.data ? Date.parse(input.data.now) - clock.now() : input.data.advanceSeconds * 1000;
    clock.advance(Math.round(milliseconds));
    await schedule.runOnce();
    return [200, { now: new Date(clock.now()).toISOString() }];
  }
}

/** A body that is no JSON, is broken off, or is too large to be a shift of the clock, is undefined: no shift. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse((await readBody(request, 64 * 1024)).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof UnreadableBody) return undefined;
    throw error;
  }
}
