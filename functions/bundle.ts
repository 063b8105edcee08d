/**
 * How a function's modules become the one file that is deployed; the words are esbuild's and SST's. CommonJS, because
 * importing Node's `http` as an ES module loads Node's fetch too: 25 ms at each cold start.
 */
export const bundle = { format: 'cjs' } as const;
