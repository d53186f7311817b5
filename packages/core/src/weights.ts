import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters } from './contracts/module';
import {
  parseSafetensors,
  type SafetensorsFile,
  type StoredTensor,
  serializeSafetensors,
  toFloat32,
} from './safetensors';

/** All weights as one safetensors file. */
export function saveParameters(
  parameters: NamedParameters,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const tensors = new Map(
    [...parameters].map(([name, variable]) => [
      name,
      { shape: variable.shape, data: variable.dataSync() as Float32Array },
    ]),
  );
  return serializeSafetensors(tensors, metadata);
}

/**
 * Sets all weights from a safetensors file. Names and shapes must agree exactly; nothing is changed otherwise.
 * @param source named in errors, usually the file's path
 * @throws Error that names the first weight that does not fit
 */
export function loadParameters(
  parameters: NamedParameters,
  file: Uint8Array | SafetensorsFile,
  source = 'weights',
): void {
  const { tensors } = file instanceof Uint8Array ? parseSafetensors(file, source) : file;
  const missing = [...parameters.keys()].filter((name) => !tensors.has(name));
  if (missing.length) throw new Error(`${source}: weight ${missing[0]} is missing${more(missing.length)}`);
  const surplus = [...tensors.keys()].filter((name) => !parameters.has(name));
  if (surplus.length)
    throw new Error(`${source}: the model has no weight ${surplus[0]}${more(surplus.length)}`);
  for (const [name, variable] of parameters) checkShape(name, variable.shape, tensors.get(name)!, source);
  for (const [name, variable] of parameters) assignValues(variable, toFloat32(tensors.get(name)!));
}

/** Sets a variable from values in C order. */
export function assignValues(variable: tf.Variable, values: Float32Array): void {
  const tensor = tf.tensor(values, variable.shape, 'float32');
  variable.assign(tensor);
  tensor.dispose();
}

function checkShape(name: string, shape: readonly number[], stored: StoredTensor, source: string): void {
  if (shape.length !== stored.shape.length || shape.some((s, i) => s !== stored.shape[i])) {
    throw new Error(`${source}: weight ${name} must have shape [${shape}], found [${stored.shape}]`);
  }
}

const more = (n: number): string => (n > 1 ? ` (and ${n - 1} more)` : '');
