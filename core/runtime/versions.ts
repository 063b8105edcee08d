import { z } from 'zod';
import list from '../../runtime/versions.json' with { type: 'json' };

const RuntimeVersion = z.strictObject({
  /** The platform's own number: `3.3-2` is a lock of Airflow 3.3.2. */
  version: z.string(),
  airflowVersion: z.string(),
  channel: z.enum(['stable', 'deprecated']),
  releaseDate: z.string(),
});
export type RuntimeVersion = z.infer<typeof RuntimeVersion>;

/** Every runtime version there is, newest first. */
export const runtimeVersions: readonly RuntimeVersion[] = z.array(RuntimeVersion).min(1).parse(list);

/** The version that a deployment gets when nobody says which. */
export function defaultRuntimeVersion(): string {
  const stable = runtimeVersions.find(({ channel }) => channel === 'stable') ?? runtimeVersions[0];
  if (stable === undefined) throw new Error('runtime/versions.json is empty');
  return stable.version;
}

export function findRuntimeVersion(version: string): RuntimeVersion | undefined {
  return runtimeVersions.find((candidate) => candidate.version === version);
}

/** Airflow's own version number in a runtime version, which must exist. */
export function airflowVersionOf(version: string): string {
  const found = findRuntimeVersion(version);
  if (found === undefined) throw new Error(`Runtime version ${version} is not in runtime/versions.json`);
  return found.airflowVersion;
}

/** Airflow's minor version, `3.3` of `3.3-2`: its database is the same in all versions of it. */
export function minorOf(version: string): string {
  return version.split('-')[0] ?? version;
}
