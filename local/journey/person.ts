import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { createClient } from './client.ts';

const mailbox = z.object({ messages: z.array(z.object({ code: z.string().nullable() })) });
const verified = z.object({ token: z.string(), organization: z.object({ id: z.string() }) });

/** Asks for an account; answers the sign-up's id and the person to be. */
export async function askForAccount(origin: string) {
  const person = { email: 'first.person@example.com', password: randomBytes(12).toString('base64url') };
  const signup = await createClient(origin).post(
    '/v1alpha1/signups',
    { ...person, fullName: 'First Person', organizationName: 'First Organization' },
    z.object({ id: z.string() }),
  );
  return { ...person, signupId: signup.id };
}

/** Waits for the mail with the code, 70 s at most: the clock's minute and some. */
export async function codeFromMailbox(origin: string, email: string): Promise<string> {
  const client = createClient(origin);
  const deadline = Date.now() + 70_000;
  while (Date.now() < deadline) {
    const { messages } = await client.get(`/_local/mail?to=${encodeURIComponent(email)}`, mailbox);
    const code = messages.at(-1)?.code;
    if (code !== undefined && code !== null) return code;
    await delay(100);
  }
  throw new Error(`No mail with a code came to ${email}`);
}

/** Verifies the address, which makes the organization and its trial. */
export async function verify(origin: string, signupId: string, code: string) {
  const answer = await createClient(origin).post(`/v1alpha1/signups/${signupId}/verify`, { code }, verified);
  return { token: answer.token, organizationId: answer.organization.id };
}
