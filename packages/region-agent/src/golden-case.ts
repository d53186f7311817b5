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
  private readonly tensors: ReadonlyMap<string, StoredTensor>;

  /** @param files such as `io` and `weights` */
  constructor(name: string, files: readonly string[]) {
    const read = (file: string): Buffer => readFileSync(folder(name) + file);
    this.config = JSON.parse(read('case.json').toString()).config;
    this.tensors = new Map(
      files.flatMap((file) => [...parseSafetensors(read(`${file}.safetensors`)).tensors]),
    );
  }

  values(name: string): Float32Array {
    return toFloat32(this.stored(name));
  }

  tensor<T extends tf.Tensor>(name: string): T {
    return tf.tensor(this.values(name), [...this.stored(name).shape]) as T;
  }

  /** Sets a module's weights from the published ones. */
  load(parameters: NamedParameters): void {
    for (const [own, variable] of parameters) {
      const { name, transpose } = publishedName(own);
      const value = this.tensor(name);
      assignValues(variable, (transpose ? tf.transpose(value) : value).dataSync() as Float32Array);
    }
  }

  private stored(name: string): StoredTensor {
    const found = this.tensors.get(name);
    if (!found) throw new Error(`golden: no tensor ${name}`);
    return found;
  }
}
