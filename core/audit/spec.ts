import type { Fields } from './entity.ts';

/** A spec as a person is shown it: where a variable's value is kept is the platform's own. */
export function shownSpec(spec: Fields): Fields {
  const { environmentVariables } = spec;
  if (!Array.isArray(environmentVariables)) return spec;
  return { ...spec, environmentVariables: environmentVariables.map(shownVariable) };
}

function shownVariable({ variableSetId: _, ...variable }: Fields): Fields {
  return variable;
}
