import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
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
import { writeFileAtomic } from '@raca/core/node';
import type { Tokenizer } from '@raca/data';
import { readVocabulary, writeVocabulary } from '@raca/data/node';
import { z } from 'zod';
import { parseRunConfig, type RunConfig } from '../config';
import type { Raca } from '../model';
import type { Trainer } from '../trainer';
import { withAbsoluteModules, withRelativeModules } from './module-paths';

/** Where training stands. */
const stateSchema = z.strictObject({
  /** Epoch under way, from 0. */
  epoch: z.int().nonnegative(),
  /** Training studies of this epoch that are done. */
  cursor: z.int().nonnegative(),
  /** Optimiser steps done. With the seed it fixes everything random that follows. */
  step: z.int().nonnegative(),
  seed: z.int(),
  finished: z.boolean(),
  /** Best validation so far: its weights are `weights.safetensors`. */
  best: z.strictObject({ epoch: z.int().nonnegative(), score: z.number() }).nullable(),
});
export type TrainingState = z.infer<typeof stateSchema>;

/** One line of `metrics.jsonl`. */
export type MetricsLine = {
  readonly step: number;
  readonly epoch: number;
  readonly kind: 'train' | 'val';
} & Record<string, number | string>;

/**
 * A run's files. Each is written to a temporary name, synced and renamed. Everything that training needs to go on
 * (weights, moments, state) is in the one file `optimizer.safetensors`, so that no moment exists at which the parts
 * do not belong together; `weights.safetensors` holds the best weights so far, `state.json` is for people.
 */
export class RunFolder {
  constructor(readonly dir: string) {}

  path(name: string): string {
    return join(this.dir, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** Makes the folder and takes away what a killed process left half-written. */
  prepare(): void {
    if (existsSync(this.dir) && !statSync(this.dir).isDirectory())
      throw new Error(`${this.dir}: expected a run folder, found a file`);
    mkdirSync(this.dir, { recursive: true });
    for (const name of readdirSync(this.dir)) {
      if (/^\..+\.\d+\.tmp$/.test(name)) rmSync(this.path(name), { force: true });
    }
  }

  writeJson(name: string, value: unknown): void {
    writeFileAtomic(this.path(name), `${JSON.stringify(value, null, 2)}\n`);
  }

  /** What stands at the start of a run; metrics of an attempt that left no resume point are dropped. */
  writeStart(config: RunConfig, tokenizer: Tokenizer, run: unknown): void {
    rmSync(this.path('metrics.jsonl'), { force: true });
    this.writeJson('config.json', withRelativeModules(config, this.path('config.json')));
    writeVocabulary(this.path('vocab.json'), tokenizer);
    this.writeJson('run.json', run);
  }

  /**
   * The run's config; modules of the user's own have absolute paths, read from beside the file.
   * @throws Error in one line if the file is missing or does not fit the schema
   */
  readConfig(): RunConfig {
    const path = this.path('config.json');
    return withAbsoluteModules(parseRunConfig(this.readJson('config.json'), path), path);
  }

  /** sha256 of the annotation that the run was started on, where `run.json` tells. */
  readDataHash(): string | null {
    const run = this.readJson('run.json') as { data?: { annotation?: string | null } } | null;
    return run?.data?.annotation ?? null;
  }

  readTokenizer(): Tokenizer {
    return readVocabulary(this.path('vocab.json'));
  }

  /** The weights to use: those of the best validation. With them goes what the vocabulary was. */
  writeWeights(model: Raca, tokenizer: Tokenizer): void {
    const metadata = { format: 'raca', vocabulary: vocabularyHash(tokenizer) };
    writeFileAtomic(this.path('weights.safetensors'), saveParameters(model.parameters, metadata));
  }

  /** @throws Error if the weights were trained with another vocabulary, or naming the first that does not fit */
  readWeights(model: Raca, tokenizer: Tokenizer): void {
    const path = this.path('weights.safetensors');
    const file = parseSafetensors(this.readBytes('weights.safetensors'), path);
    this.requireVocabulary(file, tokenizer, path);
    loadParameters(model.parameters, file, path);
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
    });
    writeFileAtomic(this.path('optimizer.safetensors'), bytes);
    this.writeJson('state.json', state);
  }

  /**
   * Sets model and optimiser to the last resume point; null when there is none.
   * @throws Error in one line if the file is damaged or belongs to another model or vocabulary
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
    return readFileSync(this.path('metrics.jsonl'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return line ? [JSON.parse(line) as MetricsLine] : [];
        } catch {
          return [];
        }
      });
  }

  /** Drops lines written after the resume point: those steps are done again. */
  cutMetrics({ step, epoch }: TrainingState): void {
    const kept = this.readMetrics().filter((l) => (l.kind === 'train' ? l.step <= step : l.epoch < epoch));
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
    try {
      return readFileSync(this.path(name));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const found = code === 'ENOENT' || code === 'ENOTDIR' ? 'nothing' : code;
      throw new Error(`${this.path(name)}: expected a file of a run, found ${found}`);
    }
  }
}

/** sha256 of the words in order. */
function vocabularyHash({ words }: Tokenizer): string {
  return createHash('sha256').update(words.join('\n')).digest('hex');
}

/** sha256 of a file in hexadecimal, or null where there is none. */
export function fileHash(path: string): string | null {
  return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : null;
}
