import type { IncomingMessage } from 'node:http';

/** A request's body that cannot be had: larger than its reader takes (413), or broken off by the client (400). */
export class UnreadableBody extends Error {
  readonly statusCode: 400 | 413;
  constructor(statusCode: 400 | 413, message: string) {
    super(message);
    this.name = 'UnreadableBody';
    this.statusCode = statusCode;
  }
}

/** The refusal of a body of more than `limit` bytes. */
export function tooLarge(limit: number): UnreadableBody {
  return new UnreadableBody(413, `The request's body is larger than ${limit} bytes`);
}

/**
 * Reads a request's body whole. Throws `UnreadableBody` as soon as more than `limit` bytes came, without keeping
 * more: once the caller has answered, the server throws the rest away as it comes, so that the answer arrives.
 */
export async function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > limit) throw tooLarge(limit);
      chunks.push(bytes);
    }
  } catch (error) {
    if (incoming.destroyed && !incoming.complete) throw new UnreadableBody(400, 'The request was broken off');
    throw error;
  }
  return Buffer.concat(chunks);
}
