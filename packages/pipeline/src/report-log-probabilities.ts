import { EVALUATION, type StudyInput, type TokenBatch, tidyRead } from '@raca/core';
import { tokenLogProbabilities } from '@raca/objectives';
import { disposeReadable, encodeStudies, readableOf } from './generate';
import { type Raca, withoutLast } from './model';
import { gatheredRows } from './readable-rows';

/**
 * ln p of each token of some reports under a model as it stands, without dropout and gradient: `[m, t − 1]` row by row.
 *
 * @param tokens `[m, t]`
 * @param studies which of the b studies each report is of, `[m]`; absent: m / b reports of each, side by side
 */
export function reportLogProbabilities(
  model: Raca,
  study: StudyInput,
  tokens: TokenBatch,
  studies?: readonly number[],
): Float32Array {
  const encoded = encodeStudies(model, study, EVALUATION);
  const readable = readableOf(model, encoded, EVALUATION);
  encoded.dispose();
  try {
    const [m] = tokens.shape;
    const k = m / readable.memory.tokens.shape[0];
    const rows = studies ?? Array.from({ length: m }, (_, i) => Math.floor(i / k));
    return tidyRead(() => {
      const logits = model.forced(gatheredRows(readable, rows), withoutLast(tokens), EVALUATION);
      return tokenLogProbabilities(logits, tokens).policy.dataSync().slice() as Float32Array;
    });
  } finally {
    disposeReadable(readable);
  }
}
