import type { Adapter } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { consumeArtifact, deleteArtifact, readArtifact, saveArtifact } from '../../core/openid/artifact.ts';
import { readGrant, revokeGrant, saveGrant } from '../../core/openid/grant.ts';
import { consumeRefreshToken, readRefreshToken } from '../../core/openid/refresh-token.ts';
import { currentRequest } from './request.ts';

/** What is not asked of a store here: the clients are few and fixed, and there is no flow for devices. */
const nothing: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  /** Codes and refresh tokens look for their grant, which is destroyed beside. */
  revokeByGrantId: async () => undefined,
};

/** Where the provider keeps what it calls `model`: in the one table. */
export function createAdapter(model: string): Adapter {
  switch (model) {
    case 'Grant':
      return grants;
    case 'RefreshToken':
      return refreshTokens;
    case 'AuthorizationCode':
    case 'Interaction':
      return artifacts(model);
    default:
      // The platform has sessions of its own, and its own tokens take the place of the provider's (access-token.ts).
      return nothing;
  }
}

function artifacts(model: string): Adapter {
  return {
    ...nothing,
    upsert(id, payload, seconds) {
      const { scope, services } = currentRequest();
      return saveArtifact(scope, services, { model, id }, payload, lasting(seconds));
    },
    find(id) {
      const { scope, services } = currentRequest();
      return readArtifact(scope, services, { model, id });
    },
    destroy: (id) => deleteArtifact(currentRequest().services, { model, id }),
    async consume(id) {
      const { scope, services } = currentRequest();
      const isFirst = await consumeArtifact(scope, services, { model, id });
      if (!isFirst) throw new errors.InvalidGrant('authorization code already consumed');
    },
  };
}

const grants: Adapter = {
  ...nothing,
  upsert(id, payload, seconds) {
    const { scope, services, generation } = currentRequest();
    if (generation === undefined) throw new Error('The provider keeps no grant that nobody has confirmed');
    return saveGrant(scope, services, id, { payload, generation }, lasting(seconds));
  },
  find(id) {
    const { scope, services } = currentRequest();
    return readGrant(scope, services, id);
  },
  destroy: (id) => revokeGrant(currentRequest().services, id),
};

const refreshTokens: Adapter = {
  ...artifacts('RefreshToken'),
  upsert(id, payload, seconds) {
    const { scope, services, usedRefreshToken } = currentRequest();
    const ids = { model: 'RefreshToken', id };
    return saveArtifact(scope, services, ids, payload, lasting(seconds), usedRefreshToken);
  },
  find(id) {
    const { scope, services } = currentRequest();
    return readRefreshToken(scope, services, id);
  },
  async consume(id) {
    const request = currentRequest();
    const used = await consumeRefreshToken(request.scope, request.services, id);
    if (used === undefined) throw new errors.InvalidGrant('refresh token already used');
    request.usedRefreshToken = used;
  },
};

function lasting(seconds: number | undefined): number {
  if (seconds === undefined) throw new Error('The provider keeps nothing for ever');
  return seconds;
}
