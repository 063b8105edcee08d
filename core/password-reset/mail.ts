import type { Mail } from '../mail/send.ts';

/** The mail that carries the link to a new password. */
export function resetMail(link: string, minutes: number): Mail {
  return {
    subject: 'A new password for Windsock',
    text: [
      'Somebody, probably you, has forgotten the password of your Windsock account. To choose a new one, open',
      '',
      link,
      '',
      `The link works once, within ${minutes} minutes. If it was not you, do nothing: your password stays as it is.`,
    ].join('\n'),
  };
}
