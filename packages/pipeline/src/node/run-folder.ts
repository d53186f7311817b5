import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, mkdirSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadParameters,
  parseSafetensors,
  type SafetensorsFile,
  saveParameters,
  serializeSafetensors,
  type TensorToStore,
  toFloat32,
} from '@raca/core';
import {
  asDiskError,
  lockFolder,
  openRegularFile,
  readRegularFile,
  removeHalfWritten,
  writeFileAtomic,
} from '@raca/core/node';
import type { Tokenizer } from '@raca/data';
import { readVocabulary, writeVocabulary } from '@raca/data/node';
import { type Calibration, calibrationSchema } from '../calibration';
import { parseRunConfig, type RunConfig, type TrainingConfig, trainingConfigSchema } from '../config';
import { isFields } from '../fields';
import type { Raca } from '../model';
import type { Trainer } from '../trainer';
import { type MetricsLine, parseMetrics } from './metrics-lines';
import { withAbsoluteModules, withRelativeModules } from './module-paths';
import { stateSchema, type TrainingState } from './training-state';

export type { MetricsLine, TrainingState };

/**
 * A run's files. Each is written to a temporary name, synced and renamed. Everything that training needs to go on
 * (weights, moments, state) is in the one file `optimizer.safetensors`, so that no moment exists at which the parts
 * do not belong together; `weights.safetensors` holds the best weights so far, `state.json` is for people.
 */
export class RunFolder {
  private giveBack?: () => void;

  constructor(readonly dir: string) {}

  path(name: string): string {
    return join(this.dir, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /**
   * Makes the folder, takes it for this process alone and removes what a killed process left half-written.
   * @param what the work to be done there, for the message of whoever comes second, e.g. `a training`
   * @throws Error in one line while another process works there, or where no folder can be
   */
  prepare(what = 'a training'): void {
    if (existsSync(this.dir) && !statSync(this.dir).isDirectory())
      throw new Error(`${this.dir}: expected a run folder, found a file`);
    try {
      mkdirSync(this.dir, { recursive: true });
    } catch (error) {
      throw asDiskError(error, this.dir);
    }
    this.giveBack ??= lockFolder(this.dir, what);
    removeHalfWritten(this.dir);
  }

  /** Gives back the folder that {@link prepare} took. */
  release(): void {
    this.giveBack?.();
    this.giveBack = undefined;
  }

  writeJson(name: string, value: unknown): void {
    writeFileAtomic(this.path(name), `${JSON.stringify(value, null, 2)}\n`);
  }

  /** What stands at the start of a run; metrics of an attempt that left no resume point are dropped. */
  writeStart(
    config: RunConfig,
    tokenizer: Tokenizer,
    run: unknown,
    contextTokenizer: Tokenizer | null = null,
  ): void {
    rmSync(this.path('metrics.jsonl'), { force: true });
    writeVocabulary(this.path('vocab.json'), tokenizer);
    if (contextTokenizer) writeVocabulary(this.path(CONTEXT_VOCABULARY), contextTokenizer);
    this.writeJson('run.json', run);
    // last: it marks the folder as a run
    this.writeJson('config.json', withRelativeModules(config, this.path('config.json')));
  }

  /**
   * The run's config; modules of the user's own have absolute paths, read from beside the file.
   * @throws Error in one line if the file is missing or does not fit the schema
   */
  readConfig(): RunConfig {
    const path = this.path('config.json');
    return withAbsoluteModules(parseRunConfig(this.readJson('config.json'), path), path);
  }

  /** What `run.json` says. @throws Error in one line if the file is missing or no object */
  readFacts(): Readonly<Record<string, unknown>> {
    const facts = this.readJson('run.json');
    if (isFields(facts)) return facts;
    throw new Error(`${this.path('run.json')}: expected an object, found ${JSON.stringify(facts)}`);
  }

  /** sha256 of the annotation that the run was started on, where `run.json` tells. */
  readDataHash(): string | null {
    const { data } = this.readFacts();
    return isFields(data) && typeof data.annotation === 'string' ? data.annotation : null;
  }

  /** `state.json`, which is written for people; null where there is none that fits. */
  readStateFile(): TrainingState | null {
    const state = this.has('state.json') ? stateSchema.safeParse(this.readJson('state.json')) : null;
    return state?.data ?? null;
  }

  /** Whether the run was made from a checkpoint and never trained. */
  isImported(): boolean {
    return this.has('run.json') && Object.hasOwn(this.readFacts(), 'imported');
  }

  /** Whether a run was started here that ended before its first resume point: nothing is lost by starting anew. */
  isOnlyStarted(): boolean {
    const started = ['config.json', 'vocab.json', 'run.json'].every((name) => this.has(name));
    return (
      started &&
      !['weights.safetensors', 'optimizer.safetensors', 'state.json'].some((name) => this.has(name))
    );
  }

  readTokenizer(): Tokenizer {
    return readVocabulary(this.path('vocab.json'));
  }

  /** The vocabulary of texts that the model reads; null for a model without context. */
  readContextTokenizer({ model }: RunConfig): Tokenizer | null {
    return model.context === null ? null : readVocabulary(this.path(CONTEXT_VOCABULARY));
  }

  /** The weights to use: those of the best validation. With them goes what the vocabulary was, and what validation calibrated. */
  writeWeights(
    model: Raca,
    tokenizer: Tokenizer,
    calibration: Calibration | null = null,
    name = WEIGHTS,
  ): void {
    const metadata = {
      format: 'raca',
      vocabulary: vocabularyHash(tokenizer),
      ...(calibration && { calibration: JSON.stringify(calibration) }),
    };
    writeFileAtomic(this.path(name), saveParameters(model.parameters, metadata));
  }

  /**
   * @returns the calibration that belongs to the weights; null where there is none
   * @throws Error if the weights were trained with another vocabulary, or naming the first that does not fit
   */
  readWeights(model: Raca, tokenizer: Tokenizer, name = WEIGHTS): Calibration | null {
    if (name === WEIGHTS) this.requireWeights();
    const path = this.path(name);
    const file = parseSafetensors(this.readBytes(name), path);
    this.requireVocabulary(file, tokenizer, path);
    loadParameters(model.parameters, file, path);
    return calibrationIn(file, path);
  }

  /** @throws Error in one line that tells why a run has no weights to use, and how to get them */
  requireWeights(): void {
    if (this.has('weights.safetensors')) return;
    this.readBytes('config.json'); // a folder that is no run says so
    const file = this.path('weights.safetensors');
    const state = this.has('state.json')
      ? stateSchema.safeParse(this.readJson('state.json')).data
      : undefined;
    if (state && state.epoch > 0) {
      throw new Error(
        `${file}: expected the weights of a run that has done ${state.epoch} epochs, found nothing`,
      );
    }
    const stands = state ? ` (it can go on from step ${state.step})` : '';
    throw new Error(
      `${file}: the run has no weights yet: they are written after the validation that ends its first epoch${stands}. ` +
        `Wait for it, or go on with the run: raca train --data DIR --out ${this.dir} --resume`,
    );
  }

  /** Writes the point at which training can go on. */
  writeResumePoint(trainer: Trainer, state: TrainingState, tokenizer: Tokenizer): void {
    const tensors = new Map<string, TensorToStore>();
    for (const [name, variable] of trainer.model.parameters) {
      tensors.set(`model/${name}`, { shape: variable.shape, data: variable.dataSync() as Float32Array });
    }
    for (const [name, data] of trainer.state())
      tensors.set(`optimizer/${name}`, { shape: [data.length], data });
    const bytes = serializeSafetensors(tensors, {
      format: 'raca-resume',
      vocabulary: vocabularyHash(tokenizer),
      state: JSON.stringify(state),
      training: JSON.stringify(trainer.config),
    });
    writeFileAtomic(this.path('optimizer.safetensors'), bytes);
    this.writeJson('state.json', state);
  }

  /**
   * Sets model and optimiser to the last resume point; null when there is none.
   * @throws Error in one line if the file is damaged or belongs to another model, vocabulary, seed or training config
   */
  readResumePoint(trainer: Trainer, tokenizer: Tokenizer): TrainingState | null {
    if (!this.has('optimizer.safetensors')) return null;
    const path = this.path('optimizer.safetensors');
    const file = parseSafetensors(this.readBytes('optimizer.safetensors'), path);
    this.requireVocabulary(file, tokenizer, path);
    const part = (prefix: string) =>
      new Map(
        [...file.tensors]
          .filter(([name]) => name.startsWith(prefix))
          .map(([n, t]) => [n.slice(prefix.length), t]),
      );
    let stored: unknown = null;
    try {
      stored = JSON.parse(file.metadata.state ?? 'null');
    } catch {
      // reported as a state that does not fit
    }
    const state = stateSchema.safeParse(stored);
    if (!state.success)
      throw new Error(`${path}: expected a training state in the metadata, found none that fits`);
    if (state.data.seed !== trainer.config.seed || !isSameTraining(file.metadata.training, trainer.config))
      throw new Error(
        `${path}: expected the resume point of this run, found one of another seed or training config`,
      );
    loadParameters(trainer.model.parameters, { tensors: part('model/'), metadata: {} }, path);
    trainer.loadState(new Map([...part('optimizer/')].map(([name, t]) => [name, toFloat32(t)])));
    trainer.step = state.data.step;
    return state.data;
  }

  appendMetrics(line: MetricsLine): void {
    appendFileSync(this.path('metrics.jsonl'), `${JSON.stringify(line)}\n`);
  }

  /** Lines of `metrics.jsonl`; a last line that a kill cut off is left out. */
  readMetrics(): MetricsLine[] {
    if (!this.has('metrics.jsonl')) return [];
    return parseMetrics(
      readRegularFile(this.path('metrics.jsonl'), 'lines of metrics', 2 ** 28).toString('utf8'),
    );
  }

  /** Drops lines written after the resume point: those steps are done again. */
  cutMetrics({ step, epoch }: TrainingState): void {
    const kept = this.readMetrics().filter((l) => (l.kind === 'train' ? l.step <= step : l.epoch <= epoch));
    writeFileAtomic(this.path('metrics.jsonl'), kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  private requireVocabulary({ metadata }: SafetensorsFile, tokenizer: Tokenizer, path: string): void {
    if (metadata.vocabulary === undefined || metadata.vocabulary === vocabularyHash(tokenizer)) return;
    throw new Error(
      `${this.path('vocab.json')}: expected the vocabulary that ${path} was trained with, ` +
        `found another one (${tokenizer.size} words)`,
    );
  }

  private readJson(name: string): unknown {
    try {
      return JSON.parse(this.readBytes(name).toString('utf8'));
    } catch (error) {
      if (error instanceof SyntaxError)
        throw new Error(`${this.path(name)}: expected JSON, found ${error.message.replace(/\s+/g, ' ')}`);
      throw error;
    }
  }

  /** @throws Error in one line if the file is missing */
  readBytes(name: string): Buffer {
    return readRegularFile(this.path(name), 'a file of a run');
  }
}

const WEIGHTS = 'weights.safetensors';

/** @throws Error in one line for a calibration that does not fit */
function calibrationIn({ metadata: { calibration } }: SafetensorsFile, path: string): Calibration | null {
  if (calibration === undefined) return null;
  let stored: unknown;
  try {
    stored = JSON.parse(calibration);
  } catch {
    // reported as one that does not fit
  }
  const parsed = calibrationSchema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new Error(`${path}: expected a calibration in the metadata, found none that fits`);
}

const CONTEXT_VOCABULARY = 'context-vocab.json';

/** Whether a resume point was made under a config; more epochs are allowed, and files of earlier versions say nothing. */
function isSameTraining(stored: string | undefined, { epochs, ...config }: TrainingConfig): boolean {
  if (stored === undefined) return true;
  const before = trainingConfigSchema.parse(JSON.parse(stored)); // fields that are new since take their defaults
  return JSON.stringify({ ...before, epochs }) === JSON.stringify({ ...before, ...config, epochs });
}

/** sha256 of the words in order. */
function vocabularyHash({ words }: Tokenizer): string {
  return createHash('sha256').update(words.join('\n')).digest('hex');
}

/** sha256 of a file in hexadecimal, or null where there is none. */
export function fileHash(path: string): string | null {
  if (!existsSync(path)) return null;
  const hash = createHash('sha256');
  const file = openRegularFile(path);
  try {
    const piece = Buffer.alloc(2 ** 20);
    for (let n = readSync(file, piece); n > 0; n = readSync(file, piece)) hash.update(piece.subarray(0, n));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
