import { z } from 'zod';
import type { Client } from './client.ts';
import { until } from './platform.ts';

const Mails = z.object({ messages: z.array(z.object({ text: z.string(), code: z.string().nullable() })) });
type Mail = z.infer<typeof Mails>['messages'][number];

/** The code of the latest mail to an address that has one, once there is one. */
export const codeTo = (client: Client, email: string) => mailed(client, email, 'code', ({ code }) => code);

/** The link of the latest mail to an address that has one, once there is one. */
export const linkTo = (client: Client, email: string) =>
  mailed(client, email, 'link', ({ text }) => /http:\S+/.exec(text)?.[0]);

/** What the latest mail to an address that has it says. A mail may come twice. */
async function mailed(
  client: Client,
  email: string,
  what: string,
  said: (mail: Mail) => string | null | undefined,
): Promise<string> {
  let found: string | undefined;
  await until(
    async () => {
      const { body } = await client.get(`/_local/mail?to=${encodeURIComponent(email)}`);
      const { messages } = Mails.parse(body);
      found = messages.flatMap((mail) => said(mail) ?? []).at(-1);
      return found !== undefined;
    },
    { seconds: 70, what: () => `a mail with a ${what} to ${email}` },
  );
  return found ?? '';
}
