import { tasks, vpc } from './network.ts';
import { prefix, production } from './stage.ts';

const subnets = new aws.rds.SubnetGroup('DatabaseSubnets', {
  name: `${prefix}-database`,
  subnetIds: vpc.privateSubnets,
});

const access = new aws.ec2.SecurityGroup('DatabaseAccess', {
  vpcId: vpc.id,
  description: 'Postgres, from tasks alone',
  ingress: [{ protocol: 'tcp', fromPort: 5432, toPort: 5432, securityGroups: [tasks.id] }],
});

const parameters = new aws.rds.ParameterGroup('DatabaseParameters', {
  name: `${prefix}-database`,
  family: 'postgres17',
  parameters: [{ name: 'rds.force_ssl', value: '1' }],
});

/** The cell's Postgres: a database and a role per deployment. RDS makes and keeps its master password. */
export const database = new aws.rds.Instance('Database', {
  identifier: `${prefix}-database`,
  engine: 'postgres',
  engineVersion: '17',
  instanceClass: production ? 'db.m7g.large' : 'db.t4g.small',
  allocatedStorage: 50,
  maxAllocatedStorage: 1_000,
  storageType: 'gp3',
  storageEncrypted: true,
  multiAz: production,
  publiclyAccessible: false,
  dbSubnetGroupName: subnets.name,
  vpcSecurityGroupIds: [access.id],
  parameterGroupName: parameters.name,
  username: 'windsock',
  manageMasterUserPassword: true,
  backupRetentionPeriod: production ? 14 : 1,
  deletionProtection: production,
  skipFinalSnapshot: !production,
  finalSnapshotIdentifier: `${prefix}-database-final`,
});

/** The secret that RDS keeps the master password in, JSON with `username` and `password`. */
export const databaseSecretArn = database.masterUserSecrets.apply(([secret]) => {
  if (secret === undefined) throw new Error('RDS made no secret for the master password of the database');
  return secret.secretArn;
});
