import {
  assignValues,
  parseSafetensors,
  type SafetensorsFile,
  type StoredTensor,
  toFloat32,
  type VisionBackbone,
} from '@raca/core';
import type * as tf from '@tensorflow/tfjs-core';

/** What torchvision's files hold beyond the feature maps: the classifier and counters of batches. */
const IGNORED = /^fc\.|\.num_batches_tracked$/;

/**
 * Sets the weights of {@link resnet} from torchvision's, stored as safetensors under their own names.
 * Filters are turned from OIHW to HWIO. Nothing is changed unless all names and shapes fit.
 *
 * @param source named in errors, usually the file's path
 * @throws Error that names the first weight that is missing, surplus or of another shape
 */
export function loadTorchvision(
  backbone: VisionBackbone,
  file: Uint8Array | SafetensorsFile,
  source = 'torchvision weights',
): void {
  const { tensors } = file instanceof Uint8Array ? parseSafetensors(file, source) : file;
  const { parameters } = backbone;
  const missing = [...parameters.keys()].filter((name) => !tensors.has(name));
  if (missing.length) throw new Error(`${source}: weight ${missing[0]} is missing${more(missing.length)}`);
  const surplus = [...tensors.keys()].filter((name) => !parameters.has(name) && !IGNORED.test(name));
  if (surplus.length) {
    throw new Error(`${source}: the backbone has no weight ${surplus[0]}${more(surplus.length)}`);
  }
  for (const [name, variable] of parameters) checkShape(name, variable, tensors.get(name)!, source);
  for (const [name, variable] of parameters) {
    const values = toFloat32(tensors.get(name)!);
    assignValues(variable, variable.rank === 4 ? oihwToHwio(values, variable.shape) : values);
  }
}

/** @param shape of the result, `[kh, kw, in, out]` */
export function oihwToHwio(values: Float32Array, shape: readonly number[]): Float32Array {
  const [kh, kw, input, output] = shape;
  const field = kh * kw;
  const out = new Float32Array(values.length);
  let at = 0;
  for (let f = 0; f < field; f++) {
    for (let i = 0; i < input; i++) {
      for (let o = 0; o < output; o++) out[at++] = values[(o * input + i) * field + f];
    }
  }
  return out;
}

function checkShape(name: string, variable: tf.Variable, stored: StoredTensor, source: string): void {
  const { shape } = variable;
  const expected = shape.length === 4 ? [shape[3], shape[2], shape[0], shape[1]] : shape;
  if (expected.length !== stored.shape.length || expected.some((s, i) => s !== stored.shape[i])) {
    throw new Error(`${source}: weight ${name} must have shape [${expected}], found [${stored.shape}]`);
  }
}

const more = (n: number): string => (n > 1 ? ` (and ${n - 1} more)` : '');
