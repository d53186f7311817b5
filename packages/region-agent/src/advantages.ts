import { generalisedAdvantages, standardised } from './ppo';
import { countOf } from './presence';
import type { ActionRewards } from './rewards';

/** Differences of report quality this small are as good as none. */
const QUALITY_FLOOR = 0.01;

/** What {@link advantagesOf} needs. Axes: b batch, r regions, p patches. */
export interface Outcome {
  /** `[b, r, p]`, each 0 or 1. */
  readonly actions: Float32Array;
  /** `[b, r, p]`, of choosing, at the time of sampling. */
  readonly probabilities: Float32Array;
  /** The critic's, `[b, r]`. */
  readonly values: Float32Array;
  /** `[r, p]` or `[b, r, p]` */
  readonly rewards: ActionRewards;
  /** `[b, p]`: patches that are not there earn nothing and are in no mean; null: all are there. */
  readonly present?: Float32Array | null;
  /** Report quality above the baseline, `[b]`. */
  readonly gains: Float32Array;
  readonly shape: readonly [number, number, number];
  readonly options: {
    readonly credit: 'patch' | 'region';
    readonly priorWeight: number;
    readonly qualityWeight: number;
    readonly gamma: number;
    readonly lambda: number;
  };
}

/** How much better actions were than expected. */
export interface Advantages {
  /** `[b, r, p]` with credit by patch, `[b, r]` by region. */
  readonly advantages: Float32Array;
  /** Targets of the critic, `[b, r]`. */
  readonly returns: Float32Array;
  /** Mean reward of an action before the report is known. */
  readonly meanReward: number;
  readonly meanGain: number;
}

/**
 * Advantages per sample.
 *
 * Credit by region: the reward of a visit is the mean over its patches, plus the quality gain at the last visit;
 * generalised advantages over the 12 visits, standardised over the batch.
 *
 * Credit by patch: only the quality gain goes through the 12 visits (generalised, standardised, times its
 * weight), as nobody knows which action earned it. A patch's own reward is compared with what the policy would
 * have earned there on average, R(a) − E_π R: the other patches' luck drops out of the gradient, which stays the
 * same on average.
 */
export function advantagesOf(outcome: Outcome): Advantages {
  const { actions, probabilities, values, rewards, present = null, gains, shape, options } = outcome;
  const [b, r, p] = shape;
  const { credit, priorWeight, qualityWeight } = options;
  const visitRewards = new Float32Array(b * r);
  const own = new Float32Array(actions.length);
  let total = 0;
  for (let visit = 0, i = 0; visit < b * r; visit++) {
    let place = i % rewards.chosen.length;
    let earnedHere = 0;
    const patches = Math.floor(visit / r) * p - i; // from an action to its patch in `present`
    let there = present ? 0 : p;
    for (const end = i + p; i < end; i++, place++) {
      if (present) {
        if (!present[patches + i]) continue;
        there++;
      }
      const [chosen, left] = [rewards.chosen[place], rewards.left[place]];
      const earned = actions[i] ? chosen : left;
      earnedHere += earned;
      own[i] = priorWeight * (earned - (left + probabilities[i] * (chosen - left)));
    }
    total += earnedHere;
    visitRewards[visit] = earnedHere / Math.max(there, 1);
  }
  const byVisit = credit === 'region';
  const advantages = new Float32Array(b * r);
  const returns = new Float32Array(b * r);
  const dones = Float32Array.from({ length: r }, (_, k) => (k === r - 1 ? 1 : 0));
  for (let i = 0; i < b; i++) {
    const at = i * r;
    const V = values.subarray(at, at + r);
    const paid = visitRewards.subarray(at, at + r).map((x) => (byVisit ? priorWeight * x : 0));
    paid[r - 1] += (byVisit ? qualityWeight : 1) * gains[i];
    const next = Float32Array.from({ length: r }, (_, k) => (k === r - 1 ? 0 : V[k + 1]));
    const A = generalisedAdvantages(paid, V, next, dones, options);
    advantages.set(A, at);
    returns.set(
      A.map((x, k) => x + V[k]),
      at,
    );
  }
  const shared = standardised(advantages, QUALITY_FLOOR);
  if (!byVisit) for (let i = 0; i < own.length; i++) own[i] += qualityWeight * shared[Math.floor(i / p)];
  return {
    advantages: byVisit ? shared : own,
    returns,
    meanReward: total / (r * countOf(present, b * p)),
    meanGain: gains.reduce((a, x) => a + x, 0) / b,
  };
}
