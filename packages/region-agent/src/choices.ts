import type { Random } from '@raca/core';

/** Actions sampled from Bernoulli logits, all of the logits' layout. */
export interface Choices {
  /** Each 0 or 1. */
  readonly actions: Float32Array;
  /** ln of each action's probability. */
  readonly old: Float32Array;
}

/**
 * One draw an action, in order. ln σ(−x) is ln σ(x) − x above 0, where 1 − σ(x) has lost its digits.
 * @param chances of 1, the sigmoids of the logits `[rows, r]`
 * @param present `[rows]`: no draw, and 0 chosen, where 0; null: all are there
 */
export function sampled(
  logits: Float32Array,
  chances: Float32Array,
  random: Random,
  present: Float32Array | null = null,
): Choices {
  const actions = new Float32Array(logits.length);
  const old = new Float32Array(logits.length);
  const r = present ? logits.length / present.length : 1;
  for (let i = 0; i < logits.length; i++) {
    if (present && !present[Math.floor(i / r)]) continue;
    const [x, chance] = [logits[i], chances[i]];
    if (random.next() < chance) {
      actions[i] = 1;
      old[i] = Math.log(chance);
    } else old[i] = x > 0 ? Math.log(chance) - x : Math.log(1 - chance);
  }
  return { actions, old };
}

/** 1 where the chance is at least a half, else 0. */
export function likeliest(chances: Float32Array): Float32Array {
  const actions = new Float32Array(chances.length);
  for (let i = 0; i < actions.length; i++) if (chances[i] >= 0.5) actions[i] = 1;
  return actions;
}
