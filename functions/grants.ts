import type { Grant } from './catalog.ts';

/**
 * What a cloud calls the things that the catalog's grants speak of: `{ region, account, table, bus, bucket,
 * cluster, ... }`, each a name or id as it stands inside an ARN.
 */
export type GrantNames = Readonly<Record<string, string>>;

/** A grant with this cloud's ARNs. Throws for a `${name}` that the cloud does not have. */
export function resolveGrant(grant: Grant, names: GrantNames): Grant {
  return {
    actions: grant.actions,
    resources: grant.resources.map((resource) => resolveResource(resource, names)),
  };
}

function resolveResource(resource: string, names: GrantNames): string {
  return resource.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`Grant ${resource}: this cloud has no \${${name}}`);
    return value;
  });
}
