import type { Tokenizer } from '@raca/data';
import type { Calibration } from '../calibration';
import type { RunConfig } from '../config';
import type { Raca } from '../model';
import { buildModel, MODULES, type ModuleTable } from '../modules';
import { withCompiledBackbones, withFrozenBackbones } from './compiled';
import { requireSameBank } from './context-bank';
import { RunFolder } from './run-folder';
import { contextWords, modelContext } from './vocabularies';

/** A trained model, ready to write reports; its backbone, if it is one of RACA's, trains no more. */
export interface LoadedRun {
  readonly run: RunFolder;
  readonly config: RunConfig;
  readonly tokenizer: Tokenizer;
  /** Of texts that the model reads; null where it reads none. */
  readonly contextTokenizer: Tokenizer | null;
  readonly model: Raca;
  /** What validation says of its probabilities; null or absent where the run has none, as those of earlier versions. */
  readonly calibration?: Calibration | null;
}

/**
 * Loads config, vocabulary and best weights of a run folder. The caller disposes the model.
 * @throws Error in one line: a missing file, a vocabulary or weights that do not fit
 */
export function loadRun(dir: string, modules: ModuleTable = MODULES): LoadedRun {
  const run = new RunFolder(dir);
  const config = run.readConfig();
  run.requireWeights();
  const tokenizer = run.readTokenizer();
  const words = contextWords(config, run, null);
  if (words.bank) requireSameBank(run, words.bank);
  const model = buildModel(
    config.model,
    { ...modelContext(tokenizer, config.training.seed, words), weights: 'loaded' },
    withCompiledBackbones(withFrozenBackbones(modules)),
  );
  try {
    const calibration = run.readWeights(model, tokenizer);
    const { contextTokenizer } = words;
    return { run, config, tokenizer, contextTokenizer, model, calibration };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
