import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { parseInput } from '../endpoint/json.ts';
import { arn, type Service } from '../endpoint/service.ts';
import { openState } from '../endpoint/state.ts';

export interface Message {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The first number of six digits in the text. */
  readonly code: string | null;
}

export interface Mailbox extends Service {
  /** What was sent to this address, oldest first. */
  messages(to: string): readonly Message[];
  close(): void;
}

const content = z.object({ Data: z.string() });
const sendEmail = z.object({
  FromEmailAddress: z.string().min(3),
  Destination: z.object({ ToAddresses: z.array(z.email()).min(1).max(50) }),
  Content: z.object({ Simple: z.object({ Subject: content, Body: z.object({ Text: content }) }) }),
});
const row = z.object({ recipient: z.string(), subject: z.string(), text: z.string() });

/** SES' SendEmail, which keeps what is sent in a mailbox on this machine. `path`: its SQLite file. */
export function createMailbox(path: string): Mailbox {
  const state = openState(
    path,
    `CREATE TABLE IF NOT EXISTS message (
       number INTEGER PRIMARY KEY, recipient TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL);
     CREATE INDEX IF NOT EXISTS message_by_recipient ON message (recipient, number);`,
  );
  const insert = state.prepare(
    'INSERT INTO message (recipient, subject, text) SELECT lower(value), ?, ? FROM json_each(?)',
  );
  const select = state.prepare(
    'SELECT recipient, subject, text FROM message WHERE recipient = ? ORDER BY number',
  );
  return {
    name: 'ses',
    target: 'SimpleEmailServiceV2',
    jsonVersion: '1.1',
    resources: (_action, input) => [
      arn(
        'ses',
        `identity/${z.object({ FromEmailAddress: z.string() }).safeParse(input).data?.FromEmailAddress ?? ''}`,
      ),
    ],
    actions: {
      SendEmail(input) {
        const { Destination, Content } = parseInput(sendEmail, input, 'BadRequestException');
        const { Subject, Body } = Content.Simple;
        insert.run(Subject.Data, Body.Text.Data, JSON.stringify(Destination.ToAddresses));
        return { MessageId: randomUUID() };
      },
    },
    messages: (to) =>
      z
        .array(row)
        .parse(select.all(to.toLowerCase()))
        .map(({ recipient, subject, text }) => ({
          to: recipient,
          subject,
          text,
          code: /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0] ?? null,
        })),
    close: () => state.close(),
  };
}
