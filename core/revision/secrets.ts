import { secretsOf } from '../audit/spec.ts';
import type { EnvironmentVariable, Spec } from './schema.ts';

/**
 * A spec of the past as it may be shown, and run again: a variable that is secret in what is desired at present is
 * secret in it too, and keeps the value that it had.
 */
export function keepingSecrets(spec: Spec, present: Spec): Spec {
  const secret = secretsOf(present);
  return {
    ...spec,
    environmentVariables: spec.environmentVariables.map((variable) =>
      secret.has(variable.key) ? asSecret(variable) : variable,
    ),
  };
}

function asSecret({ value: _, ...variable }: EnvironmentVariable): EnvironmentVariable {
  return { ...variable, isSecret: true };
}
