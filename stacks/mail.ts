import { settings } from './settings.ts';

/** The address that sign-up codes and invites come from; SES asks it to confirm before the first mail. */
export const mail = new aws.sesv2.EmailIdentity('Mail', { emailIdentity: settings.WINDSOCK_MAIL_FROM });
