import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readRegularFile } from '@raca/core/node';
import { isFields, overlay, PRESETS, parseRunConfig, type RunConfig } from '@raca/pipeline';
import { withAbsoluteModules } from '@raca/pipeline/node';
import { closest } from './closest';
import { UsageError } from './errors';
import { parseYaml } from './parse-yaml';
import { requireTrust } from './user-modules';

/** How a config is read. */
export interface ConfigReading {
  /** Named in errors; default `--config`. */
  readonly option?: string;
  /** Whether modules that the config of a run names by path may be loaded; a file of the user's own may name any. */
  readonly trusted?: boolean;
}

/**
 * A config by the name of a preset, or from a JSON or YAML file (of a run folder, its `config.json`). A file may name in
 * `base` what it starts from; then it holds only what it changes. Paths of a user's own modules in `use` are read
 * relative to the file and become absolute.
 * @throws UsageError or Error in one line
 */
export function readConfig(nameOrPath: string, reading: ConfigReading = {}): RunConfig {
  return isPreset(nameOrPath) ? PRESETS[nameOrPath]() : fromFile(nameOrPath, reading);
}

/**
 * A preset by name, or the fields of a JSON or YAML file laid over a config; a file that names its own `base` stands alone. Paths
 * as in {@link readConfig}.
 */
export function readConfigOver(base: RunConfig, nameOrPath: string, reading: ConfigReading = {}): RunConfig {
  if (isPreset(nameOrPath)) return readConfig(nameOrPath);
  const value = readValue(nameOrPath, reading.option);
  if (isFields(value) && 'base' in value) return readConfig(nameOrPath, reading);
  return withAbsoluteModules(overlay(base, value, nameOrPath), nameOrPath);
}

/**
 * What a file means by its `base`: the name of a preset, a path relative to the file, or a config.
 * @param within files that are being read; a base may not lead back to one of them
 * @throws UsageError or Error in one line
 */
export function readBase(
  base: unknown,
  file: string,
  reading: ConfigReading = {},
  within: readonly string[] = [],
): RunConfig {
  if (typeof base !== 'string')
    return withAbsoluteModules(configOf(base, `${file}: base`, file, reading, within), file);
  if (isPreset(base)) return PRESETS[base]();
  const path = resolve(dirname(file), base);
  if (!existsSync(path)) throw new Error(`${file}: base: ${expectedConfig(base, path)}`);
  return fromFile(path, reading, within);
}

function fromFile(path: string, reading: ConfigReading, within: readonly string[] = []): RunConfig {
  const place = resolve(path);
  if (within.includes(place)) {
    const circle = [...within.slice(within.indexOf(place)), place].map((file) => basename(file)).join(' → ');
    throw new Error(
      `${path}: base: expected configs that end at a preset or a whole config, found ${circle}`,
    );
  }
  const value = readValue(path, reading.option);
  const file = configFile(path);
  const config = withAbsoluteModules(configOf(value, path, file, reading, [...within, place]), file);
  requireTrust(config, { file, trusted: reading.trusted || !isRunConfig(path) });
  return config;
}

/** @param source named in errors @param file that relative paths are read from */
function configOf(
  value: unknown,
  source: string,
  file: string,
  reading: ConfigReading,
  within: readonly string[],
): RunConfig {
  if (!isFields(value)) return parseRunConfig(value, source);
  if ('rows' in value) throw new Error(`${source}: rows: expected a config, found a grid (see raca ablate)`);
  if ('base' in value) {
    const { base, ...changes } = value;
    return overlay(readBase(base, file, reading, within), changes, source);
  }
  if (!('model' in value)) {
    throw new Error(`${source}: expected model, or a base that the file changes, found neither`);
  }
  return parseRunConfig(value, source);
}

/** Longest config file in bytes; the configs of all presets together take some 10 kB. */
const LONGEST = 256 << 10;

/**
 * What a JSON or YAML file says.
 * @param option named in errors
 * @throws UsageError where there is none, Error in one line where it says nothing
 */
export function readValue(path: string, option = '--config'): unknown {
  if (!existsSync(path)) throw new UsageError(`${option}: ${expectedConfig(path)}`);
  const file = configFile(path);
  const text = readRegularFile(file, 'a config', LONGEST).toString('utf8');
  try {
    return parseYaml(text);
  } catch (error) {
    throw new Error(`${file}: expected JSON or YAML, found: ${(error as Error).message}`);
  }
}

const isPreset = (name: string): boolean => Object.hasOwn(PRESETS, name);

function expectedConfig(found: string, path = found): string {
  const names = Object.keys(PRESETS);
  const near = closest(found, names);
  const what = near ? `"${found}"; did you mean ${near}?` : `nothing at ${path}`;
  return `expected ${names.join(', ')} or a file, found ${what}`;
}

/** The file itself; `config.json` of a run folder. */
function configFile(path: string): string {
  const run = join(path, 'config.json');
  return existsSync(run) ? run : path;
}

/** Whether a config file is that of a run folder: somebody else may have made it. */
export function isRunConfig(nameOrPath: string): boolean {
  if (isPreset(nameOrPath)) return false;
  const file = configFile(nameOrPath);
  const others = ['vocab.json', 'run.json', 'weights.safetensors', 'optimizer.safetensors'];
  return basename(file) === 'config.json' && others.some((name) => existsSync(join(dirname(file), name)));
}
