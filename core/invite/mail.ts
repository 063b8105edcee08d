import type { Mail } from '../mail/send.ts';

/** The mail that carries an invite's link. */
export function inviteMail(invite: {
  readonly organizationName: string;
  readonly inviter: string;
  readonly link: string;
  readonly days: number;
}): Mail {
  const { organizationName, inviter, link, days } = invite;
  return {
    subject: `You are invited to ${organizationName} on Windsock`,
    text: [
      `${inviter} invites you to the organization ${organizationName} on Windsock. To accept, open`,
      '',
      link,
      '',
      `The link works once, within ${days} days. If you do not know who invites you, do nothing: nothing happens`,
      'until you accept.',
    ].join('\n'),
  };
}
