import { z } from 'zod';

/** What an interaction's result holds beside the provider's own: the generation of the user who confirmed it. */
export const Confirmed = z.looseObject({ generation: z.number() });
export type Confirmed = z.infer<typeof Confirmed>;
