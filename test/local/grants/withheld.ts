import { catalog, type FunctionEntry, type Grant } from '../../../functions/catalog.ts';
import { resolveGrant } from '../../../functions/grants.ts';
import { createGrants } from '../../../local/endpoint/grants.ts';
import { readIfThere } from '../../../local/files.ts';
import { functionLogGroup } from '../../../local/lambda/log.ts';
import { logFile } from '../../../local/logs/layout.ts';
import { names } from '../../../local/names.ts';

/** One action of one grant of a function. */
export interface Right {
  readonly functionName: string;
  readonly action: string;
  readonly resources: readonly string[];
}

/** Every right of the catalog. */
export const rights: readonly Right[] = catalog.flatMap(({ name, grants }) =>
  grants.flatMap(({ actions, resources }) =>
    actions.map((action) => ({ functionName: name, action, resources })),
  ),
);

/** The catalog without its rights. A function gets one back when it has failed for the want of it, and said so. */
export interface Withheld {
  /** For the endpoints, which look at the grants with each call. */
  readonly functions: readonly FunctionEntry[];
  /** The rights that functions failed without, and what each wrote to its log then. */
  readonly missed: ReadonlyMap<Right, string>;
  /** Takes all rights from all functions again, and gives back to these alone what they are found to miss. */
  giveBackTo(functionNames: readonly string[]): void;
  /** Looks for new failures in the functions' logs, under this folder. */
  look(logs: string): void;
}

export function withhold(): Withheld {
  const granted = new Map(rights.map((right) => [right, [] as string[]]));
  const functions = catalog.map((entry) => ({
    ...entry,
    handler: 'test/local/grants/insistent.ts',
    grants: rights
      .filter(({ functionName }) => functionName === entry.name)
      .map((right): Grant => ({ actions: granted.get(right) ?? [], resources: right.resources })),
  }));
  const missed = new Map<Right, string>();
  const read = new Map<string, number>();
  let learning: readonly string[] = [];

  function set(right: Right, isGranted: boolean): void {
    const actions = granted.get(right) ?? [];
    actions.splice(0, actions.length, ...(isGranted ? [right.action] : []));
  }

  function missing(line: string): void {
    const [, functionName, action, list] = REFUSAL.exec(line) ?? [];
    if (functionName === undefined || action === undefined || list === undefined) return;
    if (!learning.includes(functionName)) return;
    for (const resource of list.split(', ')) {
      const right = rights.find((right) => covers(right, functionName, action, resource));
      if (right === undefined) throw new Error(`The catalog grants nothing like it: ${line}`);
      if (!missed.has(right)) missed.set(right, line);
      set(right, true);
    }
  }

  return {
    functions,
    missed,
    giveBackTo(functionNames) {
      learning = functionNames;
      for (const right of rights) set(right, missed.has(right) && functionNames.includes(right.functionName));
    },
    look(logs) {
      for (const { name } of catalog) {
        const text = readIfThere(logFile(logs, functionLogGroup(name), 'local')) ?? '';
        const whole = text.slice(read.get(name) ?? 0, text.lastIndexOf('\n') + 1);
        read.set(name, (read.get(name) ?? 0) + whole.length);
        for (const line of whole.split('\n').filter((line) => ERROR.test(line))) missing(line);
      }
    },
  };
}

const ERROR = /"level":"error"/i;
const REFUSAL =
  /function-(\w+) is not authorized to perform: ([\w:]+) on resource: (arn:[^\s"\\]+(?:, arn:[^\s"\\]+)*|\*)/;

function covers(right: Right, functionName: string, action: string, resource: string): boolean {
  if (right.functionName !== functionName) return false;
  const grants = [resolveGrant({ actions: [right.action], resources: right.resources }, names)];
  const functions = catalog
    .filter(({ name }) => name === functionName)
    .map((entry) => ({ ...entry, grants }));
  const allows = createGrants({ functions, names, roleStatements: () => [] });
  return allows(`function-${functionName}`, action, [resource]);
}
