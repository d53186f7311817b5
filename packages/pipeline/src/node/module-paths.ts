import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { RunConfig, Slot } from '../config';

/** Whether a slot's `use` names a file of the user's own rather than an entry of the module table. */
export const isModulePath = (use: string): boolean => isAbsolute(use) || /^\.{1,2}[/\\]/.test(use);

/** The config with paths of modules absolute; relative ones are meant from the folder of `file`. */
export const withAbsoluteModules = (config: RunConfig, file: string): RunConfig =>
  mapPaths(config, (use) => resolve(dirname(resolve(file)), use));

/** The config with paths of modules relative to the folder of `file`, so that a project can be moved as a whole. */
export const withRelativeModules = (config: RunConfig, file: string): RunConfig =>
  mapPaths(config, (use) => {
    const path = relative(dirname(resolve(file)), resolve(use));
    if (isAbsolute(path)) return path; // another drive
    return (path.startsWith('..') ? path : `./${path}`).split(sep).join('/');
  });

/** The modules of the user's own that a config names: slot and path. */
export const modulePaths = ({ model }: RunConfig): { slot: string; path: string }[] =>
  Object.entries(model).flatMap(([slot, value]) =>
    isSlot(value) && isModulePath(value.use) ? [{ slot, path: value.use }] : [],
  );

function mapPaths(config: RunConfig, change: (use: string) => string): RunConfig {
  const model = Object.fromEntries(
    Object.entries(config.model).map(([name, value]) => [
      name,
      isSlot(value) && isModulePath(value.use) ? { ...value, use: change(value.use) } : value,
    ]),
  );
  return { ...config, model: model as RunConfig['model'] };
}

const isSlot = (value: unknown): value is Slot =>
  typeof value === 'object' && value !== null && typeof (value as Slot).use === 'string';
