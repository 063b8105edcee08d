import type { FunctionEntry } from '../../functions/catalog.ts';
import { type GrantNames, resolveGrant } from '../../functions/grants.ts';
import { ServiceError } from './service.ts';

/** The platform's own access key: it may do everything. */
export const RUNNER = 'runner';

/** What may be done to what, `*` and `?` as IAM's wildcards; `context` narrows it by condition keys. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Condition key (`s3:prefix`) to the patterns of which the request's value must match one. */
  readonly conditions?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Whether `principal` may do `action` to every one of `resources`; `context` holds the request's condition keys.
 * What no statement allows is refused.
 */
export type Allows = (
  principal: string,
  action: string,
  resources: readonly string[],
  context?: Readonly<Record<string, string>>,
) => boolean;

/** Throws AccessDeniedException, naming principal, action and resource, unless `allows`. */
export function demand(
  allows: Allows,
  principal: string,
  action: string,
  resources: readonly string[],
): void {
  if (allows(principal, action, resources)) return;
  throw new ServiceError(
    'AccessDeniedException',
    `${principal} is not authorized to perform: ${action} on resource: ${resources.join(', ')}`,
  );
}

export interface GrantsOptions {
  readonly functions: readonly FunctionEntry[];
  /** This cloud's values of the names in the catalog's resources: `{ region, account, table, bus, ... }`. */
  readonly names: GrantNames;
  /** The statements of a role's policies, none for a role that is not there. */
  readonly roleStatements: (roleName: string) => readonly Statement[];
}

/** The grants of one cloud: functions by the catalog, roles by their policies, the runner everything. */
export function createGrants({ functions, names, roleStatements }: GrantsOptions): Allows {
  const byFunction = new Map(
    functions.map((entry) => [entry.name, entry.grants.map((grant) => resolveGrant(grant, names))]),
  );
  const statementsOf = (principal: string): readonly Statement[] => {
    const [kind, name] = split(principal);
    if (kind === 'function') return byFunction.get(name) ?? [];
    if (kind === 'role') return roleStatements(name);
    return [];
  };
  return (principal, action, resources, context = {}) =>
    principal === RUNNER ||
    (resources.length > 0 &&
      resources.every((resource) =>
        statementsOf(principal).some((statement) => covers(statement, action, resource, context)),
      ));
}

function covers(
  { actions, resources, conditions = {} }: Statement,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>>,
): boolean {
  return (
    actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    resources.some((pattern) => matches(pattern, resource)) &&
    Object.entries(conditions).every(([key, patterns]) => {
      const value = context[key];
      return value !== undefined && patterns.some((pattern) => matches(pattern, value));
    })
  );
}

/** IAM's wildcards: `*` any characters, `?` one. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

function split(principal: string): [string, string] {
  const at = principal.indexOf('-');
  return at < 0 ? [principal, ''] : [principal.slice(0, at), principal.slice(at + 1)];
}
