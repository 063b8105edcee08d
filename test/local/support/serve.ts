/** Serves the endpoints of a test's folder until it is killed: `serve.ts <JSON of root, setup and port>`. */
import { z } from 'zod';
import { createEndpoints } from '../../../local/endpoints.ts';
import { listen, optionsOf, type Setup } from './endpoints.ts';

const given = z
  .object({ root: z.string(), setup: z.custom<Setup>(), port: z.int() })
  .parse(JSON.parse(process.argv[2] ?? ''));
const endpoints = createEndpoints(optionsOf(given.root, given.setup));
const url = await listen(endpoints, given.port);
endpoints.start();
console.log(url);
