import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { sessionCookie, sessionOf } from '../../../core/session/cookie.ts';
import { routes } from '../../../functions/api/table.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

test('every page is framed by nobody, guessed at by no browser, and kept by no cache', async () => {
  const pages = routes.filter(
    ({ method, access, answer }) =>
      method === 'GET' && access.kind === 'public' && answer instanceof z.ZodString,
  );
  const shown: string[] = [];
  for (const { path } of pages) {
    const { headers } = await plane.call('GET', path.replaceAll(/\{\w+\}/g, 'none'));
    if (!String(headers['content-type']).startsWith('text/html')) continue;
    shown.push(path);
    expect(headers, path).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
  }
  expect(shown).toEqual(expect.arrayContaining(['/signin', '/signup', '/password/forgotten', '/docs']));
});

test('over HTTPS a session is taken from this host alone, and sent over HTTPS alone', () => {
  const url = 'https://windsock.example.com';
  const cookie = sessionCookie('abc', 60, url);
  expect(cookie).toBe('__Host-windsock_session=abc; HttpOnly; SameSite=Lax; Path=/; Max-Age=60; Secure');
  expect(sessionOf(['windsock_session=planted', '__Host-windsock_session=abc'], url)).toBe('abc');
  expect(sessionOf(['windsock_session=planted'], url)).toBeUndefined();
});
