import type { IncomingHttpHeaders } from 'node:http';
import type { Range } from './range.ts';
import type { Target } from './request.ts';
import type { Store } from './store.ts';

/** A request to an operation whose caller was named and, as far as the operation's entry says, allowed. */
export interface S3Call extends Target {
  readonly store: Store;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
  /** The whole body as text, for operations that take XML. */
  text(): Promise<string>;
  /** The caller's access key id. */
  readonly principal: string;
  allows(action: string, bucket: string, key: string): boolean;
}

export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | FilePart;
}

/** An open file and the bytes of it to send; whoever sends closes it. */
export interface FilePart {
  readonly file: number;
  readonly range: Range;
}

export type Run = (call: S3Call) => S3Answer | Promise<S3Answer>;
