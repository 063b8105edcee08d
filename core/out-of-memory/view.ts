import { z } from 'zod';
import { memoryText } from '../deployment/sizes.ts';
import { OutOfMemory } from './schema.ts';

/** What ran out of memory, as an entry of a deployment's timeline; memory as the API writes it, `2Gi`. */
export const OutOfMemoryEntry = OutOfMemory.extend({
  kind: z.literal('outOfMemory'),
  memory: z.string(),
  usedMemory: z.string(),
});
export type OutOfMemoryEntry = z.infer<typeof OutOfMemoryEntry>;

export function outOfMemoryEntry({ memory, usedMemory, ...entry }: OutOfMemory): OutOfMemoryEntry {
  return {
    kind: 'outOfMemory',
    ...entry,
    memory: memoryText(memory),
    usedMemory: memoryText(usedMemory),
  };
}
