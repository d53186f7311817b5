import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  isFields,
  MODULES,
  type ModuleTable,
  overlay,
  PRESETS,
  parseRunConfig,
  type RunConfig,
  type Slot,
} from '@raca/pipeline';
import { parse } from 'yaml';
import { closest } from './closest';
import { UsageError } from './errors';

/**
 * A config by the name of a preset, or from a JSON or YAML file (of a run folder, its `config.json`). A file may name in
 * `base` what it starts from; then it holds only what it changes. Paths of a user's own modules in `use` are read
 * relative to the file and become absolute.
 * @param option named in errors
 * @throws UsageError or Error in one line
 */
export function readConfig(nameOrPath: string, option = '--config'): RunConfig {
  return isPreset(nameOrPath) ? PRESETS[nameOrPath]() : fromFile(nameOrPath, [], option);
}

/**
 * A preset by name, or the fields of a JSON or YAML file laid over a config; a file that names its own `base` stands alone. Paths
 * as in {@link readConfig}.
 */
export function readConfigOver(base: RunConfig, nameOrPath: string): RunConfig {
  if (isPreset(nameOrPath)) return readConfig(nameOrPath);
  const value = readValue(nameOrPath);
  if (isFields(value) && 'base' in value) return readConfig(nameOrPath);
  return withPaths(overlay(base, value, nameOrPath), nameOrPath);
}

/**
 * What a file means by its `base`: the name of a preset, a path relative to the file, or a config.
 * @param within files that are being read; a base may not lead back to one of them
 * @throws UsageError or Error in one line
 */
export function readBase(base: unknown, file: string, within: readonly string[] = []): RunConfig {
  if (typeof base !== 'string') return withPaths(configOf(base, `${file}: base`, file, within), file);
  if (isPreset(base)) return PRESETS[base]();
  const path = resolve(dirname(file), base);
  if (!existsSync(path)) throw new Error(`${file}: base: ${expectedConfig(base, path)}`);
  return fromFile(path, within);
}

function fromFile(path: string, within: readonly string[], option?: string): RunConfig {
  const place = resolve(path);
  if (within.includes(place)) {
    const circle = [...within.slice(within.indexOf(place)), place].map((file) => basename(file)).join(' → ');
    throw new Error(
      `${path}: base: expected configs that end at a preset or a whole config, found ${circle}`,
    );
  }
  return withPaths(configOf(readValue(path, option), path, path, [...within, place]), path);
}

/** @param source named in errors @param file that relative paths are read from */
function configOf(value: unknown, source: string, file: string, within: readonly string[]): RunConfig {
  if (!isFields(value)) return parseRunConfig(value, source);
  if ('rows' in value) throw new Error(`${source}: rows: expected a config, found a grid (see raca ablate)`);
  if ('base' in value) {
    const { base, ...changes } = value;
    return overlay(readBase(base, file, within), changes, source);
  }
  if (!('model' in value)) {
    throw new Error(`${source}: expected model, or a base that the file changes, found neither`);
  }
  return parseRunConfig(value, source);
}

/**
 * What a JSON or YAML file says.
 * @param option named in errors
 * @throws UsageError where there is none, Error in one line where it says nothing
 */
export function readValue(path: string, option = '--config'): unknown {
  if (!existsSync(path)) throw new UsageError(`${option}: ${expectedConfig(path)}`);
  const run = join(path, 'config.json');
  const file = existsSync(run) ? run : path;
  try {
    const value = parse(readFileSync(file, 'utf8'));
    JSON.stringify(value); // throws where an alias stands inside what it names
    return value;
  } catch (error) {
    throw new Error(
      `${file}: expected JSON or YAML, found: ${(error as Error).message.split('\n')[0].replace(/:$/, '')}`,
    );
  }
}

const isPreset = (name: string): boolean => Object.hasOwn(PRESETS, name);

function expectedConfig(found: string, path = found): string {
  const names = Object.keys(PRESETS);
  const near = closest(found, names);
  const what = near ? `"${found}"; did you mean ${near}?` : `nothing at ${path}`;
  return `expected ${names.join(', ')} or a file, found ${what}`;
}

/** The config with paths of modules made absolute; relative ones stand beside `file`. */
export function withPaths(config: RunConfig, file: string): RunConfig {
  const base = dirname(resolve(file));
  for (const slot of slots(config)) if (isPath(slot.use)) slot.use = resolve(base, slot.use);
  return config;
}

/**
 * The module table with the user's own modules of a config added: each file's default export is a factory
 * `(config, sizes, random, backbone?) => module`, as in the table of `@raca/pipeline`.
 */
export async function modulesFor(config: RunConfig): Promise<ModuleTable> {
  const table: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(MODULES).map(([kind, entries]) => [kind, { ...entries }]),
  );
  for (const kind of Object.keys(MODULES) as (keyof ModuleTable)[]) {
    const slot = config.model[kind];
    if (!slot || !isPath(slot.use)) continue;
    const module = await import(pathToFileURL(slot.use).href).catch((error: Error) => {
      throw new Error(`model.${kind}.use: ${slot.use}: ${error.message.split('\n')[0]}`);
    });
    if (typeof module.default !== 'function') {
      throw new Error(
        `model.${kind}.use: ${slot.use}: expected a factory as default export, found ${typeof module.default}`,
      );
    }
    table[kind][slot.use] = module.default;
  }
  return table as unknown as ModuleTable;
}

const isPath = (use: string): boolean => isAbsolute(use) || /^\.{1,2}[/\\]/.test(use);

function slots({ model }: RunConfig): Slot[] {
  return [model.backbone, model.vision, model.agent, model.alignment, model.fusion, model.decoder].filter(
    (s) => s !== null,
  );
}
