import type { Mail } from '../mail/send.ts';

/*
 * Nothing in these mails comes from the request, which anybody may send for any address.
 */

/** The mail that carries a sign-up's code. */
export function codeMail(code: string): Mail {
  return {
    subject: `${code} is your Windsock code`,
    text: [
      `Your code is ${code}. It is good for 15 minutes.`,
      '',
      'You get this mail because you signed up to Windsock. If you did not, do nothing: without the code',
      'nothing happens.',
    ].join('\n'),
  };
}

/** The mail to somebody who has an account already. */
export function knownEmailMail(publicUrl: string): Mail {
  return {
    subject: 'You have a Windsock account already',
    text: [
      'Somebody, probably you, signed up to Windsock with this address. It has an account already;',
      `sign in at ${publicUrl}/signin.`,
      '',
      'If it was not you, do nothing: nothing has changed.',
    ].join('\n'),
  };
}
