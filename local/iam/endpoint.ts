import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { parseInput } from '../endpoint/json.ts';
import { ACCOUNT, type Service, ServiceError } from '../endpoint/service.ts';
import { readPolicy } from './policy.ts';

const roleName = z.string().regex(/^[\w+=,.@-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _+=,.@-');
const policyName = z.string().regex(/^[\w+=,.@-]{1,128}$/, 'must be 1 to 128 of A-Z a-z 0-9 _+=,.@-');
const ofRole = z.object({ RoleName: roleName });
const ofPolicy = ofRole.extend({ PolicyName: policyName });
const createRole = ofRole.extend({ AssumeRolePolicyDocument: z.string().min(1) });
const putRolePolicy = ofPolicy.extend({ PolicyDocument: z.string().min(1) });
const roleRow = z.object({ name: z.string(), id: z.string(), trust: z.string(), created: z.string() });

/** IAM's roles with inline policies, over the state of `openRoles`. Answered in the Query protocol. */
export function createIam(roles: DatabaseSync): Service {
  const sql = {
    find: roles.prepare('SELECT * FROM role WHERE name = ?'),
    create: roles.prepare('INSERT INTO role VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'),
    remove: roles.prepare('DELETE FROM role WHERE name = ?'),
    policies: roles.prepare('SELECT name FROM policy WHERE role = ? ORDER BY name'),
    putPolicy: roles.prepare('INSERT OR REPLACE INTO policy VALUES (?, ?, ?)'),
    removePolicy: roles.prepare('DELETE FROM policy WHERE role = ? AND name = ?'),
  };

  function describe(name: string) {
    const found = sql.find.get(name);
    if (found === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`);
    const role = roleRow.parse(found);
    return {
      Path: '/',
      RoleName: role.name,
      RoleId: role.id,
      Arn: roleArn(role.name),
      CreateDate: role.created,
      AssumeRolePolicyDocument: encodeURIComponent(role.trust),
    };
  }

  const policyNames = (role: string) => sql.policies.all(role).map((row) => z.string().parse(row.name));

  return {
    name: 'iam',
    target: 'iam',
    jsonVersion: '1.1',
    resources: (_action, input) => [roleArn(ofRole.safeParse(input).data?.RoleName ?? '')],
    actions: {
      CreateRole(input) {
        const { RoleName, AssumeRolePolicyDocument } = parseInput(createRole, input, 'ValidationError');
        const id = `AROA${randomBytes(8).toString('hex').toUpperCase()}`;
        const { changes } = sql.create.run(RoleName, id, AssumeRolePolicyDocument, new Date().toISOString());
        if (changes === 0) {
          throw new ServiceError('EntityAlreadyExists', `Role with name ${RoleName} already exists.`, 409);
        }
        return { Role: describe(RoleName) };
      },
      GetRole: (input) => ({ Role: describe(parseInput(ofRole, input, 'ValidationError').RoleName) }),
      DeleteRole(input) {
        const { RoleName } = parseInput(ofRole, input, 'ValidationError');
        describe(RoleName);
        if (policyNames(RoleName).length > 0) {
          throw new ServiceError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409);
        }
        sql.remove.run(RoleName);
        return {};
      },
      PutRolePolicy(input) {
        const { RoleName, PolicyName, PolicyDocument } = parseInput(putRolePolicy, input, 'ValidationError');
        describe(RoleName);
        checkPolicy(PolicyDocument);
        sql.putPolicy.run(RoleName, PolicyName, PolicyDocument);
        return {};
      },
      DeleteRolePolicy(input) {
        const { RoleName, PolicyName } = parseInput(ofPolicy, input, 'ValidationError');
        describe(RoleName);
        if (sql.removePolicy.run(RoleName, PolicyName).changes === 0) {
          throw noSuchEntity(`The role policy with name ${PolicyName} cannot be found.`);
        }
        return {};
      },
      ListRolePolicies(input) {
        const { RoleName } = parseInput(ofRole, input, 'ValidationError');
        describe(RoleName);
        return { PolicyNames: policyNames(RoleName), IsTruncated: false };
      },
    },
  };
}

function roleArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/${name}`;
}

function noSuchEntity(message: string): ServiceError {
  return new ServiceError('NoSuchEntity', message, 404);
}

function checkPolicy(text: string): void {
  try {
    readPolicy(text);
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new ServiceError('MalformedPolicyDocument', `The policy is not understood here: ${why}`);
  }
}
