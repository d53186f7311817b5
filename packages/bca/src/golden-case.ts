import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSafetensors, type StoredTensor, toFloat32 } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Values of the reference program; beside the repository, not in it. For tests only. */
const folder = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/golden/${name}/`, import.meta.url));

export const hasGolden = (name: string): boolean => existsSync(folder(name));

export class GoldenCase {
  private readonly io;
  private readonly weights;
  readonly config: Readonly<Record<string, number>>;

  constructor(name: string) {
    const read = (file: string): Buffer => readFileSync(folder(name) + file);
    this.io = parseSafetensors(read('io.safetensors')).tensors;
    this.weights = parseSafetensors(read('weights.safetensors')).tensors;
    this.config = JSON.parse(read('case.json').toString()).config;
  }

  tensor<T extends tf.Tensor>(name: string): T {
    const stored = this.stored(name);
    return tf.tensor(toFloat32(stored), [...stored.shape]) as T;
  }

  values(name: string): Float32Array {
    return toFloat32(this.stored(name));
  }

  /** A matrix `[out, in]` in our layout `[in, out]`; other tensors as they are. */
  own(name: string): Float32Array {
    const { shape } = this.stored(name);
    const values = this.values(name);
    if (shape.length !== 2 || !name.endsWith('.weight')) return values;
    const [rows, cols] = shape;
    return values.map((_, k) => values[(k % rows) * cols + Math.floor(k / rows)]);
  }

  private stored(name: string): StoredTensor {
    const found = this.io.get(name) ?? this.weights.get(name);
    if (!found) throw new Error(`golden: no tensor ${name}`);
    return found;
  }
}
