import { SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Services } from '../services.ts';

/** A mail before it has an address: what its reader sees. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** Sends a mail to one address, from the platform's. */
export async function sendMail(services: Services, to: string, { subject, text }: Mail): Promise<void> {
  await services.mail.send(
    new SendEmailCommand({
      FromEmailAddress: services.environment.MAIL_FROM,
      Destination: { ToAddresses: [to] },
      Content: { Simple: { Subject: { Data: subject }, Body: { Text: { Data: text, Charset: 'UTF-8' } } } },
    }),
  );
}
