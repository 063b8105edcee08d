import { databaseSecretArn } from './database.ts';
import { images } from './images.ts';
import { account, prefix, region } from './stage.ts';

/**
 * What ECS itself does for a task before and while its containers run: pull the runtime's image, hand over the
 * secrets its definition names, write its log. Containers never hold this role.
 */
export const executionRole = new aws.iam.Role('ExecutionRole', {
  name: `${prefix}-execution`,
  assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: 'ecs-tasks.amazonaws.com' }),
});

new aws.iam.RolePolicy('ExecutionPolicy', {
  role: executionRole.name,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
      {
        actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
        resources: [images.arn],
      },
      {
        actions: ['secretsmanager:GetSecretValue'],
        resources: [
          databaseSecretArn,
          $interpolate`arn:aws:secretsmanager:${region}:${account}:secret:windsock/*`,
        ],
      },
      {
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [$interpolate`arn:aws:logs:${region}:${account}:log-group:/windsock/*`],
      },
    ],
  }).json,
});
