import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSafetensors, toFloat32 } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Values of the reference program; beside the repository, not in it. For tests only. */
const folder = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/golden/systems/${name}/`, import.meta.url));

export const hasGolden = (name: string): boolean => existsSync(folder(name));

/** Tensors of a case by name; whole numbers as float32. */
export function goldenCase(name: string): (tensor: string) => tf.Tensor {
  const files = ['io', 'weights'].map(
    (file) => parseSafetensors(readFileSync(`${folder(name)}${file}.safetensors`)).tensors,
  );
  return (tensor) => {
    const stored = files.map((tensors) => tensors.get(tensor)).find((x) => x !== undefined);
    if (!stored) throw new Error(`golden: no tensor ${tensor}`);
    return tf.tensor(toFloat32(stored), [...stored.shape]);
  };
}
