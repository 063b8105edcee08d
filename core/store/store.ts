import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Service } from 'electrodb';
import { apiTokenEntity } from '../api-token/entity.ts';
import { attemptEntity } from '../attempt/entity.ts';
import { auditDayEntity, auditEntryEntity } from '../audit/entity.ts';
import { deployEntity } from '../deploy/entity.ts';
import { deploymentEntity } from '../deployment/entity.ts';
import { namespaceEntity } from '../deployment/namespace-entity.ts';
import { settingsChangeEntity } from '../deployment/settings-change-entity.ts';
import { variableSetEntity } from '../deployment/variable-set-entity.ts';
import { idempotencyEntity } from '../idempotency/entity.ts';
import { inviteEntity } from '../invite/entity.ts';
import { nameEntity } from '../name/entity.ts';
import { artifactEntity, grantEntity } from '../openid/entity.ts';
import { intentEntity, operationEntity } from '../operation/entity.ts';
import { organizationEntity } from '../organization/entity.ts';
import { passwordResetEntity } from '../password-reset/entity.ts';
import { revisionEntity } from '../revision/entity.ts';
import { roleEntity } from '../role/entity.ts';
import { sessionEntity, signinLinkEntity } from '../session/entity.ts';
import { signupEntity } from '../signup/entity.ts';
import { teamEntity } from '../team/entity.ts';
import { tokenEntity } from '../token/entity.ts';
import { emailEntity, memberEntity, userEntity } from '../user/entity.ts';
import { workspaceEntity } from '../workspace/entity.ts';
import { bind, boundClient } from './bind.ts';
import { tenantClient } from './tenant.ts';

/** Every entity of the one table. `globalStore` and `tenantStore` say whose items they reach. */
export function parseEntities(table: string) {
  const storage = { client: boundClient, table };
  return new Service(
    {
      auditDay: auditDayEntity(storage),
      auditEntry: auditEntryEntity(storage),
      apiToken: apiTokenEntity(storage),
      deploy: deployEntity(storage),
      deployment: deploymentEntity(storage),
      email: emailEntity(storage),
      idempotency: idempotencyEntity(storage),
      artifact: artifactEntity(storage),
      attempt: attemptEntity(storage),
      grant: grantEntity(storage),
      intent: intentEntity(storage),
      invite: inviteEntity(storage),
      member: memberEntity(storage),
      name: nameEntity(storage),
      namespace: namespaceEntity(storage),
      operation: operationEntity(storage),
      organization: organizationEntity(storage),
      passwordReset: passwordResetEntity(storage),
      revision: revisionEntity(storage),
      role: roleEntity(storage),
      session: sessionEntity(storage),
      settingsChange: settingsChangeEntity(storage),
      signinLink: signinLinkEntity(storage),
      signup: signupEntity(storage),
      team: teamEntity(storage),
      token: tokenEntity(storage),
      user: userEntity(storage),
      variableSet: variableSetEntity(storage),
      workspace: workspaceEntity(storage),
    },
    storage,
  );
}

export type Store = ReturnType<typeof parseEntities>;

/** The entities of a transaction's items, as its callback is given them. */
export type TransactionEntities = Parameters<Parameters<Store['transaction']['write']>[0]>[0];

/** The items of everybody. Sign-ups, authentication and the clock use it as it is. */
export function globalStore(entities: Store, client: DynamoDBDocumentClient): Store {
  return bind(entities, client);
}

/** The items of one organization: one of anybody else cannot be addressed. */
export function tenantStore(entities: Store, client: DynamoDBDocumentClient, organizationId: string): Store {
  return bind(entities, tenantClient(client, organizationId));
}
