import { after, type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueShard } from '../store/attributes.ts';
import { refused } from '../store/transact.ts';
import { hashOf } from '../token/jwt.ts';
import { type Payload, packed, unpacked } from './payload.ts';

/** Which of the provider's things is meant: what it calls its kind, and its id. */
export interface ArtifactName {
  readonly model: string;
  readonly id: string;
}

/** Keeps something of the provider's for so many seconds; what it was before is replaced. */
export async function saveArtifact(
  scope: Scope,
  services: Services,
  { model, id }: ArtifactName,
  payload: Payload,
  seconds: number,
  parentHash?: string,
): Promise<void> {
  const hash = hashOf(id);
  await services.globalStore.entities.artifact
    .put({
      hash,
      model,
      payload: packed(payload),
      ...(typeof payload.grantId === 'string' && { grantId: payload.grantId }),
      ...(parentHash !== undefined && { parentHash }),
      createdAt: timestamp(scope),
      expiresAt: after(scope, seconds),
      expiryShard: dueShard(hash),
    })
    .go();
}

/** The item of something that was kept; undefined when there is none or it has expired. */
export async function findArtifact(scope: Scope, services: Services, { model, id }: ArtifactName) {
  const { data } = await services.globalStore.entities.artifact
    .get({ hash: hashOf(id), model })
    .go({ consistent: true });
  return data === null || data.expiresAt <= timestamp(scope) ? undefined : data;
}

/** The same as the provider gave it; what was used up says so. */
export async function readArtifact(
  scope: Scope,
  services: Services,
  name: ArtifactName,
): Promise<Payload | undefined> {
  const item = await findArtifact(scope, services, name);
  if (item === undefined) return undefined;
  return { ...unpacked(name.id, item.payload), ...(item.consumedAt !== undefined && { consumed: true }) };
}

/** Uses something up that can be used once; false for all but one of those who try at the same moment. */
export async function consumeArtifact(
  scope: Scope,
  services: Services,
  { model, id }: ArtifactName,
): Promise<boolean> {
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      entities.artifact
        .patch({ hash: hashOf(id), model })
        .set({ consumedAt: timestamp(scope) })
        .where(({ consumedAt }, { notExists }) => notExists(consumedAt))
        .commit(),
    ]),
  );
  return rejected.length === 0;
}

export async function deleteArtifact(services: Services, { model, id }: ArtifactName): Promise<void> {
  await services.globalStore.entities.artifact.delete({ hash: hashOf(id), model }).go();
}
