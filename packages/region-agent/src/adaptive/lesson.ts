import { standardised } from '../ppo';
import type { AdaptiveOptions } from './config';
import type { Sight } from './eyes-policy';
import type { PlacedPrior } from './placed-prior';

/** Differences of report quality this small are as good as none. */
const QUALITY_FLOOR = 0.01;

/** What was chosen, all `[b·p, r]`. */
export interface Chosen {
  /** Each 0 or 1. */
  readonly actions: Float32Array;
  /** Probabilities of choosing. */
  readonly chances: Float32Array;
  /** Log-probabilities of the actions at the time of sampling. */
  readonly old: Float32Array;
  readonly logits: Float32Array;
}

/** Choices made on one input, and what came of them. */
export interface Lesson extends Chosen, PlacedPrior {
  readonly sight: Sight;
  /** `[b·p]`; null: all patches are there. */
  readonly present: Float32Array | null;
  /** `[b·p, r]` */
  readonly advantages: Float32Array;
}

/**
 * Choosing a patch earns +1 inside the placed prior and −1 outside, leaving it out the opposite; each choice is compared
 * with what the policy earns there on average. The report's gain, standardised over the batch, is shared by all choices of
 * a sample.
 *
 * @param gains of report quality `[b]`; null: no report was written
 * @returns `[b·p, r]`
 */
export function creditOf(
  { actions, chances }: Chosen,
  { wanted, counted }: PlacedPrior,
  gains: Float32Array | null,
  { priorWeight, qualityWeight, learning }: AdaptiveOptions,
): Float32Array {
  const prior = learning === 'ppo' ? priorWeight : 0;
  const shared = gains && gains.length > 1 ? standardised(gains, QUALITY_FLOOR) : null;
  const perSample = actions.length / (gains?.length ?? 1);
  const r = actions.length / counted.length;
  return actions.map((action, i) => {
    const better = counted[Math.floor(i / r)] * 2 * (2 * wanted[i] - 1); // of choosing over leaving out
    return (
      prior * better * (action - chances[i]) + qualityWeight * (shared?.[Math.floor(i / perSample)] ?? 0)
    );
  });
}

/** Mean of +1 for each choice that agrees with the placed prior and −1 for each that does not. */
export function meanReward({ actions, wanted, counted }: Lesson): number {
  const r = actions.length / counted.length;
  let [sum, count] = [0, 0];
  for (let i = 0; i < actions.length; i++) {
    const weight = counted[Math.floor(i / r)];
    sum += weight * (actions[i] === wanted[i] ? 1 : -1);
    count += weight;
  }
  return sum / Math.max(count, 1);
}
