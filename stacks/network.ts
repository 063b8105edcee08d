/** The cell's network: tasks and the database in private subnets of two zones, a way out through managed NAT. */
export const vpc = new sst.aws.Vpc('Vpc', { az: 2, nat: 'managed' });

/** What tasks of deployments belong to: they reach one another, and nothing outside reaches them. */
export const tasks = new aws.ec2.SecurityGroup('Tasks', {
  vpcId: vpc.id,
  description: 'Tasks of deployments',
  ingress: [{ protocol: 'tcp', fromPort: 1024, toPort: 65_535, self: true }],
  egress: [{ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'] }],
});

/** Where deployments run; their api-servers find their names in its Service Connect namespace. */
export const cluster = new sst.aws.Cluster('Cluster', {
  vpc,
  transform: {
    cluster: { serviceConnectDefaults: { namespace: vpc.nodes.cloudmapNamespace.arn } },
  },
});
