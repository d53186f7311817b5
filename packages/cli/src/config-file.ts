import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { overlay, PRESETS, parseRunConfig, type RunConfig } from '@raca/pipeline';
import { withAbsoluteModules } from '@raca/pipeline/node';
import { parse } from 'yaml';
import { UsageError } from './errors';

/**
 * A config by the name of a preset, or from a JSON or YAML file. Paths of a user's own modules in `use` are read
 * relative to that file and become absolute.
 * @throws UsageError or Error in one line
 */
export function readConfig(nameOrPath: string): RunConfig {
  if (Object.hasOwn(PRESETS, nameOrPath)) return PRESETS[nameOrPath]();
  return withAbsoluteModules(parseRunConfig(readValue(nameOrPath), nameOrPath), nameOrPath);
}

/** A preset by name, or the fields of a JSON or YAML file laid over a config; paths as in {@link readConfig}. */
export function readConfigOver(base: RunConfig, nameOrPath: string): RunConfig {
  if (Object.hasOwn(PRESETS, nameOrPath)) return PRESETS[nameOrPath]();
  return withAbsoluteModules(overlay(base, readValue(nameOrPath), nameOrPath), nameOrPath);
}

/** What a JSON or YAML file says. @throws UsageError where there is none, Error in one line where it says nothing */
export function readValue(path: string): unknown {
  if (!existsSync(path)) {
    const names = Object.keys(PRESETS).join(', ');
    throw new UsageError(`--config: expected ${names} or a file, found nothing at ${path}`);
  }
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(
      `${path}: expected JSON or YAML, found: ${(error as Error).message.split('\n')[0].replace(/:$/, '')}`,
    );
  }
}

/** Whether a config file is that of a run folder: somebody else may have made it. */
export const isRunConfig = (nameOrPath: string): boolean =>
  !Object.hasOwn(PRESETS, nameOrPath) &&
  basename(nameOrPath) === 'config.json' &&
  ['vocab.json', 'run.json', 'weights.safetensors', 'optimizer.safetensors'].some((name) =>
    existsSync(join(dirname(nameOrPath), name)),
  );
