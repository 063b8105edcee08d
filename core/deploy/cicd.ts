import type { DeploymentItem } from '../deployment/entity.ts';
import { forbidden } from '../errors.ts';
import type { Scope } from '../scope.ts';

/** Throws 403 when a person delivers code to a deployment that takes it from API tokens alone. */
export function demandPipeline({ actor }: Scope, { name, settings }: DeploymentItem): void {
  if (actor.type !== 'user' || !settings.isCicdEnforced) return;
  throw forbidden(`CI/CD is enforced for the deployment "${name}". Deploy to it with an API token.`);
}
