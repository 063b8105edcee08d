import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openState } from '../endpoint/state.ts';

/** What is known of an object; its content is the blob. */
export interface StoredObject {
  readonly blob: string;
  /** With its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** The headers that a GET answers again: content type, user metadata, checksums. */
  readonly headers: Readonly<Record<string, string>>;
}

const headersText = z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text)));
const objectRow = z.object({
  key: z.string(),
  blob: z.string(),
  etag: z.string(),
  size: z.number(),
  modified: z.number(),
  headers: headersText,
});
const bucketRow = z.object({ name: z.string(), created: z.number() });
const uploadRow = z.object({ bucket: z.string(), key: z.string(), headers: headersText });
const partRow = z.object({ number: z.number(), blob: z.string(), etag: z.string(), size: z.number() });
const blobRow = z.object({ blob: z.string() });

export type ListedObject = z.infer<typeof objectRow>;
export type Part = z.infer<typeof partRow>;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS bucket (name TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS object (
    bucket TEXT NOT NULL REFERENCES bucket (name),
    key TEXT NOT NULL,
    blob TEXT NOT NULL UNIQUE,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    headers TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES bucket (name),
    key TEXT NOT NULL,
    headers TEXT NOT NULL,
    begun INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS part (
    upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    blob TEXT NOT NULL UNIQUE,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (upload, number)
  ) STRICT, WITHOUT ROWID;`;

export type Index = ReturnType<typeof openIndex>;

/** The names: which buckets, objects and unfinished uploads there are, and which blob holds what. */
export function openIndex(path: string) {
  const database: DatabaseSync = openState(path, SCHEMA);
  const sql = (text: string) => database.prepare(text);
  const statements = {
    buckets: sql('SELECT name, created FROM bucket ORDER BY name'),
    bucket: sql('SELECT name, created FROM bucket WHERE name = ?'),
    addBucket: sql('INSERT INTO bucket (name, created) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    removeBucket: sql('DELETE FROM bucket WHERE name = ?'),
    object: sql('SELECT key, blob, etag, size, modified, headers FROM object WHERE bucket = ? AND key = ?'),
    next: sql(`SELECT key, blob, etag, size, modified, headers FROM object
      WHERE bucket = ? AND key >= ? AND key > ? ORDER BY key LIMIT 1`),
    putObject: sql(`INSERT OR REPLACE INTO object (bucket, key, blob, etag, size, modified, headers)
      VALUES (?, ?, ?, ?, ?, ?, ?)`),
    removeObject: sql('DELETE FROM object WHERE bucket = ? AND key = ?'),
    upload: sql('SELECT bucket, key, headers FROM upload WHERE id = ?'),
    addUpload: sql('INSERT INTO upload (id, bucket, key, headers, begun) VALUES (?, ?, ?, ?, ?)'),
    removeUpload: sql('DELETE FROM upload WHERE id = ?'),
    removeUploads: sql('DELETE FROM upload WHERE bucket = ?'),
    removeUploadsBefore: sql('DELETE FROM upload WHERE begun < ?'),
    parts: sql('SELECT number, blob, etag, size FROM part WHERE upload = ? ORDER BY number'),
    putPart: sql('INSERT OR REPLACE INTO part (upload, number, blob, etag, size) VALUES (?, ?, ?, ?, ?)'),
    blob: sql('SELECT blob FROM object WHERE blob = ?1 UNION ALL SELECT blob FROM part WHERE blob = ?1'),
  };
  return {
    database,
    buckets: () => bucketRow.array().parse(statements.buckets.all()),
    bucket: (name: string) => bucketRow.optional().parse(statements.bucket.get(name)),
    addBucket: (name: string, now: number) => void statements.addBucket.run(name, now),
    removeBucket: (name: string) => void statements.removeBucket.run(name),
    object: (bucket: string, key: string): ListedObject | undefined =>
      objectRow.optional().parse(statements.object.get(bucket, key)),
    /** The first object whose key is at least `from` and greater than `after`, in the order of the keys' UTF-8. */
    next: (bucket: string, from: string, after: string): ListedObject | undefined =>
      objectRow.optional().parse(statements.next.get(bucket, from, after)),
    putObject: (bucket: string, key: string, object: StoredObject) =>
      void statements.putObject.run(
        bucket,
        key,
        object.blob,
        object.etag,
        object.size,
        object.modified,
        JSON.stringify(object.headers),
      ),
    removeObject: (bucket: string, key: string) => void statements.removeObject.run(bucket, key),
    upload: (id: string) => uploadRow.optional().parse(statements.upload.get(id)),
    addUpload: (id: string, bucket: string, key: string, headers: Record<string, string>, now: number) =>
      void statements.addUpload.run(id, bucket, key, JSON.stringify(headers), now),
    removeUpload: (id: string) => void statements.removeUpload.run(id),
    removeUploads: (bucket: string) => void statements.removeUploads.run(bucket),
    /** Forgets uploads that were begun before `time` (ms) and never completed. */
    removeUploadsBefore: (time: number) => void statements.removeUploadsBefore.run(time),
    parts: (upload: string): Part[] => partRow.array().parse(statements.parts.all(upload)),
    putPart: (upload: string, part: Part) =>
      void statements.putPart.run(upload, part.number, part.blob, part.etag, part.size),
    /** Whether an object or a part has this blob. */
    isUsed: (blob: string) => blobRow.optional().parse(statements.blob.get(blob)) !== undefined,
  };
}
