import type { EnvironmentVariable, Spec } from './schema.ts';

/**
 * A spec of the past as it may be shown, and run again: a variable that is secret in what is desired at present is
 * secret in it too, and keeps the value that it had.
 */
export function keepingSecrets(spec: Spec, present: Spec): Spec {
  const secret = new Set(present.environmentVariables.filter(({ isSecret }) => isSecret).map(keyOf));
  return {
    ...spec,
    environmentVariables: spec.environmentVariables.map((variable) =>
      secret.has(variable.key) ? asSecret(variable) : variable,
    ),
  };
}

function keyOf({ key }: EnvironmentVariable): string {
  return key;
}

function asSecret({ value: _, ...variable }: EnvironmentVariable): EnvironmentVariable {
  return { ...variable, isSecret: true };
}
