import type { ModuleTable, OwnScores, RunConfig } from '@raca/pipeline';
import { importOwn, modulesOf, ownPaths, ownScoresOf, scorePaths, slotPaths } from '@raca/pipeline/node';
import { UsageError } from './errors';
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

/** The module table with the user's own modules of a config. @throws UsageError as {@link requireTrust}; Error as `modulesOf` */
export function modulesFor(config: RunConfig, trust: Trust): Promise<ModuleTable> {
  requireTrust(config, trust, slotPaths(config));
  return modulesOf(config, { trust: true, onWarning: say });
}

/** The user's own metrics and rewards of a config. @throws UsageError as {@link requireTrust}; Error as `ownScoresOf` */
export function ownScoresFor(config: RunConfig, trust: Trust): Promise<OwnScores> {
  requireTrust(config, trust, scorePaths(config));
  return ownScoresOf(config, { trust: true, onWarning: say });
}

/** The default export of a file that the user named. @param field named in errors @throws Error in one line */
export const ownDefault = (path: string, field: string): Promise<unknown> =>
  importOwn(path, { field, onWarning: say });
