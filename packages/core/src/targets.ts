import type { TokenBatch } from './contracts/decoder';

/**
 * What each position has to predict, and how much that counts where it is a word or the report's end; 0 on padding.
 * @param weights of the tokens, `[b, t]`; 1 each where absent
 */
export function targetsOf(
  { ids, shape: [b, t] }: TokenBatch,
  weights?: Float32Array,
): {
  targets: Int32Array;
  counted: Float32Array;
} {
  const n = t - 1;
  const targets = new Int32Array(b * n);
  const counted = new Float32Array(b * n);
  for (let i = 0; i < b; i++) {
    let ended = false;
    for (let j = 0; j < n; j++) {
      const id = ids[i * t + j + 1];
      targets[i * n + j] = id;
      counted[i * n + j] = ended ? 0 : (weights?.[i * t + j + 1] ?? 1);
      ended ||= id === 0;
    }
  }
  return { targets, counted };
}
