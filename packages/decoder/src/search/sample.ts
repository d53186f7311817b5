import type { Random } from '@raca/core';
import { checkForbidden } from './forbidden';
import { logSoftmax, notNegative, positiveInteger, type Search } from './generation';
import { type OneByOneOptions, oneByOne } from './one-by-one';

/** Options of {@link sample}. */
export interface SampleOptions extends OneByOneOptions {
  /** Divides the log-probabilities, above 0; default 1. */
  readonly temperature?: number;
  /** Draws from this many most probable tokens only. */
  readonly topK?: number;
  /** Draws from the fewest most probable tokens that hold this share, in (0, 1]. */
  readonly topP?: number;
  /** Each report of a batch takes its own sub-stream; the generator itself does not move. */
  readonly random: Random;
}

/** Draws each token. Scores are under the model itself, without temperature and cuts. */
export function sample(options: SampleOptions): Search {
  const { temperature = 1, topK = Number.POSITIVE_INFINITY, topP = 1, random } = options;
  positiveInteger('maxLength', options.maxLength);
  notNegative('trigramPenalty', options.trigramPenalty ?? 0);
  checkForbidden(options.forbidden);
  if (!(temperature > 0)) throw new RangeError(`search: temperature must be above 0, got ${temperature}`);
  if (topK !== Number.POSITIVE_INFINITY) positiveInteger('topK', topK);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`search: topP must be in (0, 1], got ${topP}`);
  return (decoder, memory, reading) => {
    const streams = Array.from({ length: memory.tokens.shape[0] }, (_, i) => random.split(i));
    return oneByOne(options, (logProbabilities, row) =>
      draw(logProbabilities, { temperature, topK, topP }, streams[row].next()),
    )(decoder, memory, reading);
  };
}

/** One token by a uniform number in [0, 1). */
export function draw(
  logProbabilities: Float64Array,
  { temperature, topK, topP }: { temperature: number; topK: number; topP: number },
  uniform: number,
): number {
  const logs = logSoftmax(logProbabilities.map((x) => x / temperature));
  const order = Array.from(logs, (_, i) => i)
    .filter((i) => logs[i] > Number.NEGATIVE_INFINITY) // or rounding could end at a word without a chance
    .sort((i, j) => logs[j] - logs[i] || i - j);
  let count = 0;
  let mass = 0;
  while (count < order.length && count < topK && (count === 0 || mass < topP)) {
    mass += Math.exp(logs[order[count++]]);
  }
  let left = uniform * mass;
  for (let i = 0; i < count - 1; i++) {
    left -= Math.exp(logs[order[i]]);
    if (left < 0) return order[i];
  }
  return order[count - 1];
}
