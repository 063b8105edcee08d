import { expect, test } from 'vitest';
import { createGrants, RUNNER } from '../../../local/endpoint/grants.ts';
import { readPolicy } from '../../../local/iam/policy.ts';
import { testFunction } from '../support/endpoints.ts';

const allows = createGrants({
  functions: [
    testFunction(
      'a',
      'behave',
      { kind: 'step' },
      {
        grants: [
          { actions: ['dynamodb:Get*', 's3:GetObject'], resources: ['arn:aws:x:::one', 'arn:aws:x:::dir/*'] },
          { actions: ['ecs:RunTask'], resources: ['arn:aws:ecs:*:*:task-definition/d-?:*'] },
        ],
      },
    ),
  ],
  names: {},
  roleStatements: (name) =>
    name === 'windsock-d1'
      ? readPolicy(
          JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/o/d1/*' },
              {
                Effect: 'Allow',
                Action: ['s3:ListBucket'],
                Resource: 'arn:aws:s3:::bucket',
                Condition: { StringLike: { 's3:prefix': 'o/d1/*' } },
              },
            ],
          }),
        )
      : [],
});

test.each([
  ['function-a', 'dynamodb:GetItem', ['arn:aws:x:::one'], true],
  ['function-a', 'dynamodb:getitem', ['arn:aws:x:::one'], true],
  ['function-a', 'dynamodb:PutItem', ['arn:aws:x:::one'], false],
  ['function-a', 's3:GetObject', ['arn:aws:x:::dir/deep/file'], true],
  ['function-a', 's3:GetObject', ['arn:aws:x:::one', 'arn:aws:x:::two'], false],
  ['function-a', 's3:GetObject', ['arn:aws:xx:::one'], false],
  ['function-a', 's3:GetObject', ['arn:aws:x:::one.'], false],
  ['function-a', 's3:GetObject', [], false],
  ['function-a', 'ecs:RunTask', ['arn:aws:ecs:us-east-1:000000000000:task-definition/d-1:7'], true],
  ['function-a', 'ecs:RunTask', ['arn:aws:ecs:us-east-1:000000000000:task-definition/d-12:7'], false],
  ['function-b', 's3:GetObject', ['arn:aws:x:::one'], false],
  ['a', 's3:GetObject', ['arn:aws:x:::one'], false],
  ['operator', 's3:GetObject', ['arn:aws:x:::one'], false],
  ['role-windsock-d1', 's3:GetObject', ['arn:aws:s3:::bucket/o/d1/pointer.json'], true],
  ['role-windsock-d1', 's3:GetObject', ['arn:aws:s3:::bucket/o/d2/pointer.json'], false],
  ['role-windsock-d2', 's3:GetObject', ['arn:aws:s3:::bucket/o/d1/pointer.json'], false],
  [RUNNER, 'anything:AtAll', ['*'], true],
] as const)('%s may %s on %j: %s', (principal, action, resources, may) => {
  expect(allows(principal, action, resources)).toBe(may);
});

test('a condition narrows by the value that the request has', () => {
  const list = (context?: Record<string, string>) =>
    allows('role-windsock-d1', 's3:ListBucket', ['arn:aws:s3:::bucket'], context);
  expect(list({ 's3:prefix': 'o/d1/logs/' })).toBe(true);
  expect(list({ 's3:prefix': 'o/d2/' })).toBe(false);
  expect(list()).toBe(false);
});
