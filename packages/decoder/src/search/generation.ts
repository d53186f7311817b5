import type { DecoderState, DecodingOptions, Memory, ReportDecoder, StartOptions } from '@raca/core';

/** What a search needs of a decoder: any {@link ReportDecoder}, or two functions. */
export type StepDecoder = Pick<ReportDecoder, 'start' | 'step'>;

/** Written reports, in the order of the memory's rows. */
export interface Generation {
  /** Word ids of each report, without the final 0; empty if the decoder ends at once. */
  readonly tokens: number[][];
  /** Sum of each report's log-probabilities, its end and penalties included. */
  readonly scores: number[];
  /** Of a diverse beam search: the best report of each group, study by study. */
  readonly groups?: readonly (readonly { readonly tokens: number[]; readonly score: number }[])[];
}

/** Reports as far as they are written, to show them while they grow; a beam's is its best text so far. */
export type OnStep = (texts: readonly (readonly number[])[]) => void;

/** A way to write reports. @param memory one report a row; stays the caller's */
export type Search = (decoder: StepDecoder, memory: Memory, options?: DecodingOptions) => Promise<Generation>;

/** Runs `write` on a fresh state and disposes it, also on errors. */
export async function withState<T>(
  decoder: StepDecoder,
  memory: Memory,
  options: StartOptions,
  write: (state: DecoderState) => Promise<T>,
): Promise<T> {
  const state = decoder.start(memory, options);
  try {
    return await write(state);
  } finally {
    state.dispose();
  }
}

/** Feeds one token a row and downloads the logarithms of the next tokens' probabilities, row by row. */
export async function nextLogProbabilities(
  decoder: StepDecoder,
  state: DecoderState,
  tokens: readonly number[],
): Promise<Float64Array[]> {
  const logits = decoder.step(state, tokens);
  const [rows, V] = logits.shape;
  try {
    const values = await logits.data();
    return Array.from({ length: rows }, (_, i) => logSoftmax(values.subarray(i * V, (i + 1) * V)));
  } finally {
    logits.dispose();
  }
}

/** x − ln Σ exp x in double precision. @throws RangeError if the values are not numbers */
export function logSoftmax(x: ArrayLike<number>): Float64Array {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < x.length; i++) if (x[i] > max) max = x[i];
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.exp(x[i] - max);
  const log = max + Math.log(sum);
  if (!Number.isFinite(log)) throw new RangeError('search: the decoder gave logits that are not finite');
  const out = new Float64Array(x.length); // not Float64Array.from: its callback costs more than the arithmetic
  for (let i = 0; i < out.length; i++) out[i] = x[i] - log;
  return out;
}

/** @throws RangeError unless value is an integer of at least 1 */
export function positiveInteger(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`search: ${name} must be a whole number from 1, got ${value}`);
  }
}

/** @throws RangeError unless value is a number, at least 0 */
export function notNegative(name: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`search: ${name} must be a number from 0, got ${value}`);
  }
}
