import { afterAll, beforeAll, expect, test } from 'vitest';
import { authenticateToken } from '../../../core/token/authenticate.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
});
afterAll(() => plane.stop());

test('a token holds after the platform moved to another address', async () => {
  const { services } = plane;
  const moved = {
    ...services,
    environment: { ...services.environment, PUBLIC_URL: 'http://localhost:9999' },
  };
  await expect(authenticateToken(moved, plane.now(), owner.token)).resolves.toMatchObject({
    userId: owner.user.id,
  });
});
