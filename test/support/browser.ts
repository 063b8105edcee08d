import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Starts the Chromium that is on the PATH, as Debian's package `chromium` puts it there. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: await findChromium() });
}

async function findChromium(): Promise<string> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => [
    join(folder, 'chromium'),
    join(folder, 'chromium-browser'),
  ]);
  for (const candidate of candidates) {
    const found = await access(candidate).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  throw new Error(
    'Chromium was not found on the PATH: install it, for example by `apt-get install chromium`',
  );
}
