/**
 * The runner of a whole platform whose image is `stand-in.sh` instead of Airflow: a deployment is HEALTHY in a second
 * or two. All else is as `npm start` has it.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { catalog } from '../../functions/catalog.ts';
import { startCloud } from '../../local/cloud.ts';
import { lockHome, openHome } from '../../local/home.ts';
import { initializePostgres } from '../../local/servers/postgres.ts';
import { ensureTools } from '../../local/setup/tools.ts';
import { standInImage } from './stand-in.ts';

const root = join(import.meta.dirname, '..', '..');
const settings = z.object({ WINDSOCK_HOME: z.string(), PORT: z.coerce.number().int() }).parse(process.env);
const home = openHome(settings.WINDSOCK_HOME);
const lock = lockHome(home);
const tools = await ensureTools(home, (install) => install());
await initializePostgres(home, tools);
const image = standInImage(home.root);
const images = { has: () => true, build: async () => image, resolve: () => image };
const prepared = { tools, images, functions: catalog, isNew: false };
const ending = new AbortController().signal;
const cloud = await startCloud({ home, root, port: settings.PORT, prepared, say: console.log, ending });
process.once('SIGINT', async () => {
  await cloud.stop();
  lock.release();
  process.exit(0);
});
