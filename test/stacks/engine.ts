import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { esbuild, root } from './esbuild.ts';

const Call = z.object({ method: z.string(), params: z.tuple([z.unknown()]) });
const Build = z.object({ functionID: z.string(), handler: z.string() });

/** Where the bundle of a function lies, by the name of its component. */
export const bundleFile = (component: string): string => join(root, '.sst/test', component, 'bundle.mjs');

/** What SST's components ask of the process that runs them: bootstrap buckets, and bundles, made here for real. */
export function createEngine(): Server {
  return createServer(async (request, response) => {
    const answer = await respond(request).then(
      (result) => ({ result }),
      (error: unknown) => ({ error: String(error) }),
    );
    response.end(JSON.stringify(answer));
  });
}

async function respond(request: AsyncIterable<Buffer>): Promise<unknown> {
  const { method, params } = Call.parse(await json(request));
  if (method === 'Provider.Aws.Bootstrap') return { asset: 'assets', state: 'state' };
  if (method === 'Runtime.Build') return bundleOnce(Build.parse(params[0]));
  throw new Error(`rpc: can't find ${method}`);
}

const bundled = new Map<string, ReturnType<typeof bundle>>();

/** Bundles a function once, whatever the number of graphs it is part of. */
function bundleOnce(input: z.infer<typeof Build>): ReturnType<typeof bundle> {
  const made = bundled.get(input.functionID) ?? bundle(input);
  bundled.set(input.functionID, made);
  return made;
}

/** Bundles a handler, `folder/file.export`, into one module. */
async function bundle({ functionID, handler }: z.infer<typeof Build>) {
  const outfile = bundleFile(functionID);
  const out = join(outfile, '..');
  mkdirSync(out, { recursive: true });
  await esbuild({
    entryPoints: [join(root, handler.replace(/\.\w+$/, '.ts'))],
    outfile,
    minify: true,
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return { handler: 'bundle.handler', out, errors: [], sourcemaps: [] };
}
