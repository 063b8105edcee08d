import type { Spec } from '../revision/schema.ts';
import type { Services } from '../services.ts';
import { findSecret, platformSecretName } from './platform-secret.ts';
import { readSecret, readVariables } from './variables-secret.ts';

/** A shorter value says little, and is a part of too many words. */
const SHORTEST = 4;

/** The same of a line among others: `}` or `END` is many a line. */
const SHORTEST_LINE = 8;

/**
 * Takes a deployment's secrets out of texts: what a component printed before it died becomes a reason that many may
 * read. The deployment's own keys, and the variables that are secret in any of these specs, are replaced by `***`.
 */
export async function redaction(
  services: Services,
  { deploymentId, specs }: { readonly deploymentId: string; readonly specs: readonly Spec[] },
): Promise<(text: string) => string> {
  const secret = specs.map(({ environmentVariables }) =>
    environmentVariables.filter(({ isSecret }) => isSecret),
  );
  const [keys, ...variables] = await Promise.all([
    ownKeys(services, deploymentId),
    ...secret.map((of) => readVariables(services, deploymentId, of)),
  ]);
  const values = [keys, ...variables].flatMap((all) => Object.values(all));
  return (text) => withoutValues(values, text);
}

async function ownKeys(services: Services, deploymentId: string): Promise<Readonly<Record<string, string>>> {
  const own = await findSecret(services, platformSecretName(deploymentId));
  return own === undefined ? {} : (await readSecret(services, own)).values;
}

/** The text without these values, however they are written: as they are, line by line, or escaped in a message. */
export function withoutValues(values: readonly string[], text: string): string {
  return values
    .flatMap(formsOf)
    .filter((form) => form.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, form) => shown.replaceAll(form, '***'), text);
}

/** As JSON writes a text, and as Python shows one in an error: in single quotes, unless it has such a quote. */
function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);
  return [value, ...lines].flatMap((part) => {
    const json = JSON.stringify(part).slice(1, -1);
    const python = json.replaceAll('\\"', '"');
    return [part, json, ascii(json), python, python.replaceAll("'", "\\'")];
  });
}

/** With every other letter as `\uXXXX`. */
function ascii(json: string): string {
  return json.replace(
    /[^\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
