import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  MODULES,
  type ModuleTable,
  overlay,
  PRESETS,
  parseRunConfig,
  type RunConfig,
  type Slot,
} from '@raca/pipeline';
import { parse } from 'yaml';
import { UsageError } from './errors';

/**
 * A config by the name of a preset, or from a JSON or YAML file. Paths of a user's own modules in `use` are read
 * relative to that file and become absolute.
 * @throws UsageError or Error in one line
 */
export function readConfig(nameOrPath: string): RunConfig {
  if (Object.hasOwn(PRESETS, nameOrPath)) return PRESETS[nameOrPath]();
  return withPaths(parseRunConfig(readValue(nameOrPath), nameOrPath), nameOrPath);
}

/** A preset by name, or the fields of a JSON or YAML file laid over a config; paths as in {@link readConfig}. */
export function readConfigOver(base: RunConfig, nameOrPath: string): RunConfig {
  if (Object.hasOwn(PRESETS, nameOrPath)) return PRESETS[nameOrPath]();
  return withPaths(overlay(base, readValue(nameOrPath), nameOrPath), nameOrPath);
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
