import { Environment } from '../core/environment.ts';

export { Environment };

/** The platform's settings from these variables. Throws an error that names each one that is wrong. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const parsed = Environment.safeParse(variables);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`The function's environment is wrong. ${problems.join('; ')}`);
}
