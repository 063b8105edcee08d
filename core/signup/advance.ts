import { sendMail } from '../mail/send.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueShard } from '../store/attributes.ts';
import { refused } from '../store/transact.ts';
import { codeOf } from './code.ts';
import type { SignupItem } from './entity.ts';
import { codeMail, knownEmailMail } from './mail.ts';
import { provisionTrial } from './provision.ts';

/** A sign-up that came to nothing is deleted, its password's hash with it, a day after its code expired. */
const KEPT_MILLISECONDS = 86_400_000;

/**
 * Does what is due of a sign-up: sends its mail, asks for the trial's deployment once it is verified, deletes it
 * when it came to nothing. Safe to run any number of times; a mail may go out twice, with the same code.
 */
export async function advanceSignup(
  scope: Scope,
  services: Services,
  { signupId }: { signupId: string },
): Promise<void> {
  const { data } = await services.globalStore.entities.signup.get({ signupId }).go({ consistent: true });
  if (data?.dueAt === undefined || data.dueAt > timestamp(scope)) return;
  switch (data.status) {
    case 'MAILING':
      return data.expiresAt > timestamp(scope)
        ? await mailCode(services, data)
        : await forget(services, data);
    case 'EMAIL_SENT':
      return await forget(services, data);
    case 'VERIFIED':
      return await provisionTrial(scope, services, data);
    case 'PROVISIONED':
      return;
  }
}

async function mailCode(services: Services, signup: SignupItem): Promise<void> {
  const { signupId, email } = signup;
  const { PUBLIC_URL } = services.environment;
  const { macKey } = await services.platformSecret();
  const mail = signup.isEmailKnown ? knownEmailMail(PUBLIC_URL) : codeMail(codeOf(macKey, signupId));
  await sendMail(services, email, mail);
  const forgottenAt = new Date(Date.parse(signup.expiresAt) + KEPT_MILLISECONDS).toISOString();
  await refused(
    services.globalStore.transaction.write((entities) => [
      entities.signup
        .patch({ signupId })
        .set({ status: 'EMAIL_SENT', dueShard: dueShard(signupId), dueAt: forgottenAt })
        .where(({ status }, { eq }) => eq(status, 'MAILING'))
        .commit(),
    ]),
  );
}

/** Deletes a sign-up that nobody verified in time, or whose mail could not be sent in time. */
async function forget(services: Services, { signupId }: SignupItem): Promise<void> {
  await refused(
    services.globalStore.transaction.write((entities) => [
      entities.signup
        .delete({ signupId })
        .where((has, { eq }) => `${eq(has.status, 'EMAIL_SENT')} OR ${eq(has.status, 'MAILING')}`)
        .commit(),
    ]),
  );
}
