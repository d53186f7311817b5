import { assignValues, parseSafetensors, type StoredTensor, toFloat32 } from '@raca/core';
import type { Tokenizer } from '@raca/data';
import type * as tf from '@tensorflow/tfjs-core';
import type { Raca } from '../model';
import type { RunFolder } from './run-folder';

/** What a model took over from another run. */
export interface Pretrained {
  /** Weights taken, those of words among them. */
  readonly weights: number;
  /** Weights of the model. */
  readonly of: number;
  /** Words of the vocabulary that the run knew. */
  readonly words: number;
}

/** Weights with a row or a column a word. */
const OF_WORDS = /^decoder\.(embedding|output)\./;

/**
 * Sets every weight that the run has under the same name and in the same shape; weights of words go by word, whatever the
 * two vocabularies. The others stay as they are.
 * @throws Error in one line if the run is damaged, or nothing fits
 */
export function takeWeights(model: Raca, tokenizer: Tokenizer, run: RunFolder): Pretrained {
  const path = run.path('weights.safetensors');
  const { tensors } = parseSafetensors(run.readBytes('weights.safetensors'), path);
  const known = run.readTokenizer();
  // id of each word there; 0, the padding, is 0 everywhere; −1: unknown there
  const ids = [0, ...tokenizer.words.map((word) => known.words.indexOf(word) + 1 || -1)];
  let weights = 0;
  for (const [name, variable] of model.parameters) {
    const stored = tensors.get(name);
    if (stored && take(name, variable, stored, ids, known.size + 1)) weights++;
  }
  if (weights === 0) throw new Error(`${path}: expected weights that fit the model, found none`);
  return { weights, of: model.parameters.size, words: ids.filter((id) => id > 0).length };
}

/** Whether the stored weight fits; sets it then. */
function take(
  name: string,
  variable: tf.Variable,
  stored: StoredTensor,
  ids: readonly number[],
  known: number,
): boolean {
  const { shape } = variable;
  const axis = OF_WORDS.test(name)
    ? shape.findIndex((n, k) => n === ids.length && stored.shape[k] === known)
    : -1;
  const fits =
    shape.length === stored.shape.length && shape.every((n, k) => k === axis || n === stored.shape[k]);
  if (!fits) return false;
  const values = toFloat32(stored);
  assignValues(variable, axis < 0 ? values : byWord(variable, axis, values, ids, known));
  return true;
}

/** The variable's values with those of known words replaced. */
function byWord(
  variable: tf.Variable,
  axis: number,
  values: Float32Array,
  ids: readonly number[],
  known: number,
): Float32Array {
  const out = Float32Array.from(variable.dataSync());
  const inner = variable.shape.slice(axis + 1).reduce((a, n) => a * n, 1);
  const outer = variable.shape.slice(0, axis).reduce((a, n) => a * n, 1);
  for (let o = 0; o < outer; o++) {
    ids.forEach((id, i) => {
      if (id < 0) return;
      const from = (o * known + id) * inner;
      out.set(values.subarray(from, from + inner), (o * ids.length + i) * inner);
    });
  }
  return out;
}
