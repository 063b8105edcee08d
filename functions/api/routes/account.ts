import { z } from 'zod';
import { findAirflows } from '../../../core/session/airflows.ts';
import { changePassword } from '../../../core/session/change-password.ts';
import { endEverything } from '../../../core/session/end.ts';
import { retryStale } from '../../../core/store/transact.ts';
import { accountForm } from '../../pages/account.ts';
import { formPage, submitted } from '../../pages/form.ts';
import { leadTo } from '../../pages/page.ts';
import { sentByThisSite } from '../../pages/sent-by-this-site.ts';
import { signedInTo, signedOut } from '../../pages/session.ts';
import { route } from '../route.ts';
import { nothing } from '../shapes.ts';
import { signedIn } from '../signed-in.ts';

const signInFirst = leadTo('/signin?next=%2Faccount');

export const account = [
  route({
    operation: 'ShowAccount',
    method: 'GET',
    path: '/account',
    summary: 'A page: who is signed in, and the ways out',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.string(),
    async handle(scope, { request }, services) {
      const user = await signedIn(scope, request, services);
      if (user === undefined) return signInFirst;
      return formPage(accountForm(user.email, await findAirflows(services, user)));
    },
  }),
  route({
    operation: 'ChangePassword',
    method: 'POST',
    path: '/account/password',
    summary: "Changes the password of the browser's user and ends all other sessions: its page was sent",
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'raw',
    answer: z.string(),
    async handle(scope, { request }, services) {
      const user = await signedIn(scope, request, services);
      if (user === undefined) return signInFirst;
      const { PUBLIC_URL } = services.environment;
      const form = accountForm(user.email, await findAirflows(services, user));
      return await submitted(form, request, PUBLIC_URL, async (passwords) => {
        const begun = await changePassword(scope, services, user, passwords);
        return signedInTo('/account', begun, PUBLIC_URL);
      });
    },
  }),
  route({
    operation: 'SignOutEverywhere',
    method: 'POST',
    path: '/signout/everywhere',
    summary: "Ends every session and every token of the browser's user: its page was sent",
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'raw',
    answer: z.string(),
    async handle(scope, { request }, services) {
      const { PUBLIC_URL } = services.environment;
      if (!sentByThisSite(request.headers, PUBLIC_URL)) return leadTo('/account');
      await retryStale(async () => {
        const user = await signedIn(scope, request, services);
        if (user !== undefined) await endEverything(scope, services, user);
      });
      return signedOut(PUBLIC_URL);
    },
  }),
];
