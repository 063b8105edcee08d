/** The partition keys that items share, as ElectroDB takes them. An organization's all begin with its id. */

/** An item of an organization. */
export const inOrganization = {
  field: 'pk',
  composite: ['organizationId'],
  template: 'org#${organizationId}',
  casing: 'none',
} as const;

/** An item of a deployment. */
export const inDeployment = {
  field: 'pk',
  composite: ['organizationId', 'deploymentId'],
  template: 'org#${organizationId}#deployment#${deploymentId}',
  casing: 'none',
} as const;

/** In the `due` index, while the item is not at rest; `id` names the attribute that tells items of one time apart. */
export function inDue<const Id extends string>(id: Id) {
  return {
    index: 'due',
    condition: ({ dueAt }: { dueAt?: string }) => dueAt !== undefined,
    pk: { field: 'duePk', composite: ['dueShard'], template: 'due#${dueShard}', casing: 'none' },
    sk: { field: 'dueSk', composite: ['dueAt', id], template: `\${dueAt}#\${${id}}`, casing: 'none' },
  } as const;
}

/** In the same index, apart from what is due: what is deleted once it has expired. */
export function inExpiry<const Id extends string>(id: Id) {
  return {
    index: 'due',
    pk: { field: 'duePk', composite: ['expiryShard'], template: 'expiry#${expiryShard}', casing: 'none' },
    sk: {
      field: 'dueSk',
      composite: ['expiresAt', id],
      template: `\${expiresAt}#\${${id}}`,
      casing: 'none',
    },
  } as const;
}
