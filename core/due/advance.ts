import { advanceAuditDay } from '../audit/sweep.ts';
import { advanceDeploy } from '../deploy/collect.ts';
import { advanceVariableSet } from '../deployment/variable-set.ts';
import { advanceInvite } from '../invite/advance.ts';
import { advanceDeployment } from '../operation/advance.ts';
import { advancePasswordReset } from '../password-reset/advance.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { advanceSignup } from '../signup/advance.ts';
import { retryStale } from '../store/transact.ts';
import type { Due } from './due.ts';

/**
 * Does what is due of one item. Safe to run twice and too early: each noun looks at its item again, and does
 * nothing when nothing is due.
 */
export async function advance(scope: Scope, services: Services, due: Due): Promise<void> {
  await retryStale(async () => {
    switch (due.kind) {
      case 'signup':
        return await advanceSignup(scope, services, due);
      case 'invite':
        return await advanceInvite(scope, services, due);
      case 'passwordReset':
        return await advancePasswordReset(scope, services, due);
      case 'deployment':
        return await advanceDeployment(scope, services, due);
      case 'deploy':
        return await advanceDeploy(scope, services, due);
      case 'variableSet':
        return await advanceVariableSet(scope, services, due);
      case 'auditDay':
        return await advanceAuditDay(scope, services, due);
    }
  });
}
