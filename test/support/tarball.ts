import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

/** An entry of a tarball: its header, and a file's content. */
export type Entry = Pick<Header, 'name'> & Partial<Header> & { readonly content?: string | Buffer };

/** A gzipped tar of these entries. */
export async function tarball(entries: Iterable<Entry>): Promise<Buffer> {
  const writer = pack();
  const bytes = buffer(writer);
  for (const { content = '', ...header } of entries) writer.entry(header, content);
  writer.finalize();
  return gzipSync(await bytes, { level: 1 });
}
