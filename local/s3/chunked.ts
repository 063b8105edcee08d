import { S3Error } from './errors.ts';

/**
 * Decodes a body in the `aws-chunked` encoding (`<hex size>[;chunk-signature=...]\r\n<data>\r\n`, ended by a
 * chunk of size 0 and its trailers), yields the data and hands each trailer to `onTrailer`. Chunk signatures are
 * not checked. Throws `IncompleteBody` for a body that ends early or is not in that encoding.
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  onTrailer: (name: string, value: string) => void,
): AsyncGenerator<Buffer> {
  const reader = new LineReader(source);
  for (;;) {
    const header = await reader.line();
    const size = /^([0-9a-fA-F]{1,8})(;.*)?$/.exec(header)?.[1];
    if (size === undefined)
      throw new S3Error('IncompleteBody', 'The body is not in the aws-chunked encoding.');
    let left = Number.parseInt(size, 16);
    if (left === 0) break;
    while (left > 0) {
      const part = await reader.upTo(left);
      left -= part.length;
      yield part;
    }
    await reader.line();
  }
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const colon = line.indexOf(':');
    onTrailer(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

const MAX_LINE = 4096;

class LineReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    let end = this.held.indexOf('\r\n');
    while (end < 0) {
      if (this.held.length > MAX_LINE) throw new S3Error('IncompleteBody', 'A chunk header is too long.');
      this.held = Buffer.concat([this.held, await this.next()]);
      end = this.held.indexOf('\r\n');
    }
    const line = this.held.toString('latin1', 0, end);
    this.held = this.held.subarray(end + 2);
    return line;
  }

  async upTo(size: number): Promise<Buffer> {
    if (this.held.length === 0) this.held = await this.next();
    const part = this.held.subarray(0, size);
    this.held = this.held.subarray(part.length);
    return part;
  }

  private async next(): Promise<Buffer> {
    const chunk = await this.chunks.next();
    if (chunk.done) throw new S3Error('IncompleteBody', 'The body ended before its last chunk.');
    return chunk.value;
  }
}
