import { pathToFileURL } from 'node:url';
import { asMetric, type Reward } from '@raca/metrics';
import { MODULES, type ModuleTable, type OwnScores, type RunConfig } from '@raca/pipeline';
import { modulePaths, ownPaths, scorePaths } from '@raca/pipeline/node';
import { UsageError } from './errors';
import { otherCopy, resolveToOurs } from './our-copies';
import { say } from './say';

/** The option of every command that reads the config of a run. */
export const trustOption = [
  '--trust-modules',
  'run the code of modules, regions, metrics and rewards that the run’s config.json names by path; only for runs you trust',
] as const;

/** Who vouches for the modules of a config. */
export interface Trust {
  /** The config, as told to the user. */
  readonly file: string;
  /** Whether the user wrote the config or gave `--trust-modules`. */
  readonly trusted: boolean | undefined;
}

/**
 * @param paths the files of code that would run; all that the config names by default
 * @throws UsageError in one line if there is one and nobody vouches for it
 */
export function requireTrust(config: RunConfig, trust?: Trust, paths = ownPaths(config)): void {
  const [first] = paths;
  if (!first || trust?.trusted === true) return;
  throw new UsageError(
    `${trust?.file ?? 'config'}: ${first.field}: names the module ${first.path}, whose code would run; ` +
      'add --trust-modules if you trust it',
  );
}

/**
 * The module table with the user's own modules of a config added: each file's default export is a factory
 * `(config, sizes, random, backbone?) => module`, as in the table of `@raca/pipeline`. What such a file imports of RACA and of
 * tfjs is what this command runs on, wherever the file lies.
 * @throws UsageError as {@link requireTrust}; Error in one line if a module cannot be used
 */
export async function modulesFor(config: RunConfig, trust: Trust): Promise<ModuleTable> {
  requireTrust(
    config,
    trust,
    modulePaths(config).map(({ slot, path }) => ({ field: `model.${slot}.use`, path })),
  );
  const table: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(MODULES).map(([kind, entries]) => [kind, { ...entries }]),
  );
  for (const { slot, path } of modulePaths(config)) {
    const factory = await ownDefault(path, `model.${slot}.use`);
    if (typeof factory !== 'function') {
      throw new Error(
        `model.${slot}.use: ${path}: expected a factory as default export, found ${typeof factory}`,
      );
    }
    table[slot][path] = factory;
  }
  return table as unknown as ModuleTable;
}

/**
 * The user's own metrics and rewards of a config, by path: each file's default export is a metric `{ name, keys, direction, sums,
 * value }`, or a reward `(references, generated) => number[]`.
 * @throws UsageError as {@link requireTrust}; Error in one line if a file cannot be used
 */
export async function ownScoresFor(config: RunConfig, trust: Trust): Promise<OwnScores> {
  requireTrust(config, trust, scorePaths(config));
  const own: Record<string, OwnScores[string]> = {};
  for (const { field, path } of scorePaths(config)) {
    const value = await ownDefault(path, field);
    own[path] = typeof value === 'function' ? (value as Reward) : asMetric(value, `${field}: ${path}`);
  }
  return own;
}

/** The default export of a user's file. @param field named in errors @throws Error in one line */
export async function ownDefault(path: string, field: string): Promise<unknown> {
  try {
    return await importOwn(path);
  } catch (error) {
    throw new Error(`${field}: ${path}: ${(error as Error).message.split('\n')[0]}`);
  }
}

/**
 * The default export of a user's file, whose code runs: only for files that the user named or vouched for. What it imports of RACA
 * and of tfjs is what this command runs on.
 */
export async function importOwn(path: string): Promise<unknown> {
  resolveToOurs(path);
  for (const line of otherCopy(path)) say(line);
  return ((await import(pathToFileURL(path).href)) as { default: unknown }).default;
}
