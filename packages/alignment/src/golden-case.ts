import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  assignValues,
  type NamedParameters,
  parseSafetensors,
  type StoredTensor,
  toFloat32,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { publishedName } from './published-name';

const folder = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/golden/${name}/`, import.meta.url));

/** Whether the reference values lie beside the repository. */
export const hasGolden = (name: string): boolean => existsSync(folder(name));

/** Values of the reference program. For tests only. */
export class GoldenCase {
  readonly config: Readonly<Record<string, number>>;
  /** Options of the cases that are written from equations. */
  readonly hyper: Readonly<Record<string, unknown>>;
  readonly sentenceLabels: readonly Readonly<Record<string, readonly string[]>>[];
  readonly organs: readonly string[];
  private readonly tensors: ReadonlyMap<string, StoredTensor>;

  constructor(name: string) {
    const read = (file: string): Buffer => readFileSync(folder(name) + file);
    const { config, hyper, sentence_labels, organs } = JSON.parse(read('case.json').toString());
    this.config = config;
    this.hyper = hyper;
    this.sentenceLabels = sentence_labels;
    this.organs = organs;
    this.tensors = new Map(
      ['io.safetensors', 'weights.safetensors']
        .filter((file) => existsSync(folder(name) + file))
        .flatMap((file) => [...parseSafetensors(read(file)).tensors]),
    );
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  values(name: string): Float32Array {
    return toFloat32(this.stored(name));
  }

  shape(name: string): readonly number[] {
    return this.stored(name).shape;
  }

  tensor<T extends tf.Tensor>(name: string): T {
    return tf.tensor(this.values(name), [...this.shape(name)]) as T;
  }

  /** Sets a module's weights from the published ones. */
  load(parameters: NamedParameters): void {
    for (const [own, variable] of parameters) assignValues(variable, this.own(own));
  }

  /** A published tensor in our layout; `prefix` goes before the published name. */
  own(name: string, prefix = ''): Float32Array {
    const published = publishedName(name);
    const full = prefix + published.name;
    return published.transpose ? this.transposed(full) : this.values(full);
  }

  /** A matrix `[out, in]` in our layout `[in, out]`. */
  transposed(name: string): Float32Array {
    const values = this.values(name);
    const [rows, cols] = this.shape(name);
    return values.map((_, k) => values[(k % rows) * cols + Math.floor(k / rows)]);
  }

  private stored(name: string): StoredTensor {
    const found = this.tensors.get(name);
    if (!found) throw new Error(`golden: no tensor ${name}`);
    return found;
  }
}
