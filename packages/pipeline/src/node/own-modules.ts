import { pathToFileURL } from 'node:url';
import { asMetric, type Reward } from '@raca/metrics';
import type { RunConfig } from '../config';
import { MODULES, type ModuleTable } from '../modules';
import type { OwnScores } from '../training-scores';
import { scorePaths, slotPaths } from './module-paths';
import { otherCopy, resolveToOurs } from './our-copies';

/** Whether code that a config names may run, and who hears of oddities. */
export interface OwnCodeOptions {
  /** The files' code runs with all your rights: true only for a config that you wrote, or whose maker you trust. */
  readonly trust: boolean;
  /** Gets a line for each package of which a file has a copy beside itself that is not used. */
  readonly onWarning?: (line: string) => void;
}

/**
 * The module table with the modules that a config names by path added, for `loadRun`, `train` and `evaluate`: each file's default
 * export is a factory `(config, sizes, random, backbone?) => module`, as in {@link MODULES}. What such a file imports of RACA and of
 * tfjs is what this package runs on, wherever the file lies.
 *
 * @param config with absolute paths, as `RunFolder.readConfig` and `withAbsoluteModules` give them
 * @throws Error in one line: a path that nobody vouches for, a file that cannot be loaded, a default export that is no factory
 */
export async function modulesOf(
  config: RunConfig,
  { trust, onWarning }: OwnCodeOptions,
): Promise<ModuleTable> {
  const paths = slotPaths(config);
  requireTrust(paths, trust);
  const table: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(MODULES).map(([kind, entries]) => [kind, { ...entries }]),
  );
  for (const { slot, field, path } of paths) {
    const factory = await importOwn(path, { field, onWarning });
    if (typeof factory !== 'function') {
      throw new Error(`${field}: ${path}: expected a factory as default export, found ${typeof factory}`);
    }
    table[slot][path] = factory;
  }
  return table as unknown as ModuleTable;
}

/**
 * The metrics and rewards that a config names by path, for `train` and `evaluate`: each file's default export is a metric
 * `{ name, keys, direction, sums, value }`, or a reward `(references, generated) => number[]`.
 * @throws Error as {@link modulesOf}
 */
export async function ownScoresOf(
  config: RunConfig,
  { trust, onWarning }: OwnCodeOptions,
): Promise<OwnScores> {
  const paths = scorePaths(config);
  requireTrust(paths, trust);
  const own: Record<string, OwnScores[string]> = {};
  for (const { field, path } of paths) {
    const value = await importOwn(path, { field, onWarning });
    own[path] = typeof value === 'function' ? (value as Reward) : asMetric(value, `${field}: ${path}`);
  }
  return own;
}

/**
 * The default export of a file whose code runs: only for files that the user named or vouched for. Imports as in {@link modulesOf}.
 * @param field of the config that names the file: errors are then in one line that begins with it
 */
export async function importOwn(
  path: string,
  { field, onWarning }: Pick<OwnCodeOptions, 'onWarning'> & { readonly field?: string } = {},
): Promise<unknown> {
  try {
    resolveToOurs(path);
    for (const line of otherCopy(path)) onWarning?.(line);
    return ((await import(pathToFileURL(path).href)) as { default: unknown }).default;
  } catch (error) {
    if (field === undefined) throw error;
    throw new Error(`${field}: ${path}: ${(error as Error).message.split('\n')[0]}`);
  }
}

function requireTrust([first]: readonly { field: string; path: string }[], trust: boolean): void {
  if (!first || trust) return;
  throw new Error(
    `${first.field}: names the module ${first.path}, whose code would run; pass trust: true if you trust it`,
  );
}
