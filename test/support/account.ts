import { z } from 'zod';
import { VerifiedSignup } from '../../core/signup/schema.ts';
import type { ControlPlane } from './control-plane.ts';

/** Somebody who has signed up and verified. */
export type Account = z.infer<typeof VerifiedSignup> & {
  readonly email: string;
  /** The organization's path, `/v1/organizations/<id>`. */
  readonly path: string;
};

let count = 0;

/** Signs somebody up as a person would: the code comes from the mailbox. */
export async function signUp(plane: ControlPlane, organizationName = 'Gale'): Promise<Account> {
  count += 1;
  const email = `person-${count}@example.com`;
  const started = await plane.call('POST', '/v1alpha1/signups', {
    email,
    password: 'correct horse',
    fullName: 'Ada Gale',
    organizationName,
  });
  const { id } = z.object({ id: z.string() }).parse(started.body);
  await plane.tick();
  const code = plane.mailbox.messages(email).at(-1)?.code;
  const verified = await plane.call('POST', `/v1alpha1/signups/${id}/verify`, { code });
  const account = VerifiedSignup.parse(verified.body);
  return { ...account, email, path: `/v1/organizations/${account.organization.id}` };
}

/** Puts the account's organization on another plan, as the operator does. */
export const setPlan = (plane: ControlPlane, { organization }: Account, productPlan: string) =>
  plane.call(
    'POST',
    `/v1alpha1/operator/organizations/${organization.id}`,
    { productPlan },
    { token: plane.secret.operatorToken },
  );

const Accepted = z.object({ user: VerifiedSignup.shape.user, token: z.string() });

/** Somebody new who joins an organization by an invite's mail, as a person would. */
export async function join(plane: ControlPlane, to: Account, role = 'ORGANIZATION_MEMBER'): Promise<Account> {
  count += 1;
  const email = `person-${count}@example.com`;
  await plane.call('POST', `${to.path}/invites`, { inviteeEmail: email, role }, { token: to.token });
  await plane.tick();
  const { text = '' } = plane.mailbox.messages(email).at(-1) ?? {};
  const [link = ''] = /http\S+/.exec(text) ?? [];
  const invite = new URL(link).searchParams.get('token');
  const person = { token: invite, fullName: `Guest ${count}`, password: 'correct horse' };
  const { body } = await plane.call('POST', '/v1alpha1/invites/accept', person);
  return { ...to, ...Accepted.parse(body), email };
}
