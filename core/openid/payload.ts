import { z } from 'zod';

/** The OpenID provider's own record of something; only the provider knows what is in it. */
export const Payload = z.record(z.string(), z.unknown());
export type Payload = z.output<typeof Payload>;

/** A record as it is kept: as JSON, without the id, which is a credential. */
export function packed({ jti: _, ...rest }: Payload): string {
  return JSON.stringify(rest);
}

/** A record as the provider gave it. */
export function unpacked(id: string, text: string): Payload {
  return { ...Payload.parse(JSON.parse(text)), jti: id };
}
