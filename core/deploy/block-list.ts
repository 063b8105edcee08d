import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { invalid } from '../errors.ts';

const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, processEntities: false });
const one = z.string().min(1).max(200);
const many = z.union([one.transform((id) => [id]), z.array(one)]).optional();
const BlockList = z.object({ BlockList: z.object({ Latest: many, Uncommitted: many }) });

/** The block ids of the block-blob protocol's `<BlockList><Latest>id</Latest>...`; 400 for anything else. */
export function parseBlockList(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes);
  const parsed = BlockList.safeParse(XMLValidator.validate(text) === true ? parser.parse(text) : undefined);
  const ids = parsed.data?.BlockList.Latest ?? parsed.data?.BlockList.Uncommitted;
  if (ids !== undefined) return ids;
  const message = 'must be a block list: <BlockList><Latest>block id</Latest>...</BlockList>';
  throw invalid({ field: 'body', code: 'invalid_block_list', message });
}
