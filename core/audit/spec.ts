import type { Fields } from './entity.ts';

/**
 * A spec as a person is shown it: without the values of these variables, and without where values are kept, which is
 * the platform's own.
 */
export function shownSpec(spec: Fields, secret: ReadonlySet<unknown>): Fields {
  const { environmentVariables } = spec;
  if (environmentVariables === undefined) return spec;
  const shown = variablesOf(spec).map(({ variableSetId: _, value, ...variable }) =>
    value === undefined || secret.has(variable.key) ? variable : { ...variable, value },
  );
  return { ...spec, environmentVariables: shown };
}

/** The keys of the variables that are secret in any of these specs. */
export function secretsOf(...specs: readonly Fields[]): ReadonlySet<unknown> {
  const secret = specs.flatMap(variablesOf).filter(({ isSecret }) => isSecret === true);
  return new Set(secret.map(({ key }) => key));
}

function variablesOf({ environmentVariables }: Fields): readonly Fields[] {
  return Array.isArray(environmentVariables) ? environmentVariables : [];
}
