import { resourceParts } from '../core/component/names.ts';
import { namespaceOf } from '../core/deployment/namespace.ts';

const EVERY_MS = 5_000;
const MOST_NAMED = 5;

/** Waits for `work`; says what it waits for when that takes more than 5 s, and again when it has become something else. */
export async function sayWhileWaiting(
  work: Promise<void>,
  what: () => string,
  say: (line: string) => void,
): Promise<void> {
  let said: string | undefined;
  const timer = setInterval(() => {
    const line = what();
    if (line !== said) say(line);
    said = line;
  }, EVERY_MS);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
}

/** What is said of the ECS services that do not end yet: each by its deployment's namespace, which its address shows. */
export function waitingFor(services: readonly string[]): string {
  const named = services.map((service) => {
    const parts = resourceParts(service);
    return parts === undefined ? service : `${namespaceOf(parts.deploymentId)} ${parts.name}`;
  });
  const more = named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} more`] : [];
  const list = [...named.slice(0, MOST_NAMED), ...more].join(', ');
  const isLong = named.some((name) => name.includes(' worker-'));
  return `Waiting for ${list}${isLong ? '; workers get two minutes to end the tasks that they run' : ''} ...`;
}
