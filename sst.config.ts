/// <reference path="./.sst/platform/config.d.ts" />

/** Windsock in an AWS account of your own: the control plane and one cell. docs/aws.md says how it is deployed. */
export default $config({
  app({ stage }) {
    const production = stage === 'production';
    return {
      name: 'windsock',
      home: 'aws',
      protect: production,
      removal: production ? 'retain' : 'remove',
    };
  },
  async run() {
    const { gateway } = await import('./stacks/api.ts');
    await import('./stacks/triggers.ts');
    await import('./stacks/workflow.ts');
    return { api: gateway.url };
  },
});
