import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { S3Error } from './errors.ts';

const builder = new XMLBuilder({ suppressEmptyNode: false });
const parser = new XMLParser({
  parseTagValue: false,
  processEntities: true,
  isArray: (name) => name === 'Object' || name === 'Part',
});

/** The XML document of an answer: `toXml('DeleteResult', { Deleted: [{ Key: 'a' }] })`; lists repeat their tag. */
export function toXml(root: string, content: Readonly<Record<string, unknown>>): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: content })}`;
}

/** Reads a request's XML by `schema`; throws `MalformedXML` that names the field. */
export function fromXml<Schema extends z.ZodType>(text: string, schema: Schema): z.infer<Schema> {
  let document: unknown;
  try {
    document = parser.parse(text, true);
  } catch (error) {
    throw new S3Error(
      'MalformedXML',
      `The body is not XML: ${error instanceof Error ? error.message : error}`,
    );
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) {
    throw new S3Error(
      'MalformedXML',
      `The body does not match the operation: ${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data;
}
