/** The arrows of the design: dependencies point inward, and nothing in production imports a test. */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-imports-nobody',
      severity: 'error',
      from: { path: '^core/' },
      to: { path: '^(functions|stacks|local|console|test|bench)/' },
    },
    {
      name: 'functions-import-core-only',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(stacks|local|console|test|bench)/' },
    },
    {
      name: 'stacks-read-the-catalog',
      severity: 'error',
      from: { path: '^stacks/' },
      to: { path: '^(local|console|test|bench)/' },
    },
    {
      name: 'local-reads-the-catalog',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^(console|test|bench)/' },
    },
    {
      name: 'local-reaches-functions-by-the-catalog-alone',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^functions/', pathNot: '^functions/(bundle|catalog|environment|grants)\\.ts$' },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'aws-lambda is a name of types alone, of @types/aws-lambda',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^aws-lambda$' },
    },
    {
      name: 'not-to-dev-dependency',
      severity: 'error',
      from: { path: '^(core|functions|local)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)node_modules/' },
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
