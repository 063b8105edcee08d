import { z } from 'zod';
import { Id } from '../id.ts';
import { EmailAddress, LONGEST_ADDRESS } from '../mail/address.ts';
import { Name } from '../name/schema.ts';
import { Organization } from '../organization/schema.ts';
import { Password } from '../user/password.ts';
import { FullName, User } from '../user/schema.ts';
import { Workspace } from '../workspace/schema.ts';

/** An e-mail address, in lower case: two spellings of one address are one account. */
export const Email = z.string().trim().toLowerCase().max(LONGEST_ADDRESS).pipe(EmailAddress);

export const SignupRequest = z.strictObject({
  email: Email,
  password: Password,
  fullName: FullName,
  organizationName: Name,
});
export type SignupRequest = z.output<typeof SignupRequest>;

/** What everybody is answered, whether the address has an account or not. */
export const Signup = z.object({ id: Id, status: z.literal('EMAIL_SENT') });

export const VerifyRequest = z.strictObject({
  code: z
    .string()
    .trim()
    .regex(/^\d{6}$/, 'must be the 6 digits of the mail'),
});
export type VerifyRequest = z.output<typeof VerifyRequest>;

/** What a verified sign-up has made. The token is shown this once. */
export const VerifiedSignup = z.object({
  organization: Organization,
  workspace: Workspace,
  user: User,
  token: z.string(),
  trialExpiresAt: z.iso.datetime(),
});
