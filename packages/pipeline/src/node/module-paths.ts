import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { RunConfig, Slot, TrainingConfig } from '../config';

/** Whether a slot's `use` names a file of the user's own rather than an entry of the module table. */
export const isModulePath = (use: string): boolean => isAbsolute(use) || /^\.{1,2}[/\\]/.test(use);

/** The config with paths of a bank and of the user's own modules, regions, metrics and rewards absolute; relative ones are meant from the folder of `file`. */
export const withAbsoluteModules = (config: RunConfig, file: string): RunConfig =>
  mapPaths(config, (use) => resolve(dirname(resolve(file)), use));

/** The config with these paths relative to the folder of `file`, so that a project can be moved as a whole. */
export const withRelativeModules = (config: RunConfig, file: string): RunConfig =>
  mapPaths(config, (use) => {
    const path = relative(dirname(resolve(file)), resolve(use));
    if (isAbsolute(path)) return path; // another drive
    return (path.startsWith('..') ? path : `./${path}`).split(sep).join('/');
  });

/** A file of the user's own that a config names: where, and its path. */
export interface OwnPath {
  readonly field: string;
  readonly path: string;
}

/** The modules of the user's own that a config names. */
export const slotPaths = ({ model }: RunConfig): (OwnPath & { readonly slot: string })[] =>
  Object.entries(model).flatMap(([slot, value]) =>
    isSlot(value) && isModulePath(value.use) ? [{ slot, field: `model.${slot}.use`, path: value.use }] : [],
  );

/** The metrics and rewards of the user's own that a config names by path. */
export const scorePaths = ({ training }: RunConfig): OwnPath[] =>
  SCORES.flatMap(([field, usesOf]) =>
    usesOf(training).flatMap((value) =>
      hasUse(value) && isModulePath(value.use) ? [{ field: `training.${field}.use`, path: value.use }] : [],
    ),
  );

/** Whether a file holds data, not code. */
export const isDataFile = (path: string): boolean => /\.(json|ya?ml)$/i.test(path);

/** The bank that a context module looks up, which is data; null where it reads none. */
export const bankFolder = (context: Slot | null): string | null =>
  context?.use === 'similar-cases' && typeof context.config.bank === 'string' ? context.config.bank : null;

/** The module whose code gives a config its regions, where it names one. */
export const regionPaths = ({ model: { regions } }: RunConfig): OwnPath[] =>
  typeof regions === 'string' && !isDataFile(regions) ? [{ field: 'model.regions', path: regions }] : [];

/** All files of the user's own whose code a config would run. */
export const ownPaths = (config: RunConfig): OwnPath[] => [
  ...slotPaths(config).map(({ field, path }) => ({ field, path })),
  ...regionPaths(config),
  ...scorePaths(config),
];

/** Where `use` may stand in `training`. */
const SCORES: readonly [field: string, usesOf: (training: TrainingConfig) => readonly unknown[]][] = [
  ['agentReward', ({ agentReward }) => agentReward ?? []],
  ['metrics', ({ metrics }) => metrics ?? []],
  ['selection', ({ selection }) => [selection]],
  ['selfCritical.reward', ({ selfCritical }) => selfCritical?.reward ?? []],
];

function mapPaths(config: RunConfig, change: (use: string) => string): RunConfig {
  const changed = <T>(value: T): T =>
    hasUse(value) && isModulePath(value.use) ? { ...value, use: change(value.use) } : value;
  const model: Record<string, unknown> = Object.fromEntries(
    Object.entries(config.model).map(([name, value]) => [name, isSlot(value) ? changed(value) : value]),
  );
  const { regions, context } = config.model;
  const bank = bankFolder(context);
  if (bank !== null) model.context = { ...context, config: { ...context?.config, bank: change(bank) } };
  const { agentReward, metrics, selection, selfCritical } = config.training;
  const training: TrainingConfig = {
    ...config.training,
    selection: changed(selection),
    ...(agentReward && { agentReward: agentReward.map(changed) }),
    ...(metrics && { metrics: metrics.map(changed) }),
    ...(selfCritical && { selfCritical: { ...selfCritical, reward: selfCritical.reward.map(changed) } }),
  };
  const own = typeof regions === 'string' ? { ...model, regions: change(regions) } : model;
  return { ...config, model: own as RunConfig['model'], training };
}

const hasUse = (value: unknown): value is { readonly use: string } =>
  typeof value === 'object' && value !== null && typeof (value as { use?: unknown }).use === 'string';
const isSlot = (value: unknown): value is Slot => hasUse(value);
