import { checkNumbers } from '../checks';

/*
 * How much better a sample is than what its study lets expect. All take rewards `[b·n]`, the n samples of a study side by
 * side, and return advantages `[b·n]`: constants, no gradient goes through them. Sums are in float64.
 */

/**
 * A = r − r(greedy report of the study).
 * @param greedyRewards `[b]`
 * @see SCST: Rennie et al. 2017, arXiv:1612.00563
 */
export function greedyBaseline(
  rewards: ArrayLike<number>,
  samples: number,
  greedyRewards: ArrayLike<number>,
): Float32Array {
  checkGroups('greedyBaseline', rewards, samples, 1);
  checkNumbers('greedyBaseline: greedyRewards', greedyRewards, rewards.length / samples);
  return Float32Array.from(rewards, (r, i) => r - greedyRewards[Math.floor(i / samples)]);
}

/**
 * A = r − mean of the study's other samples.
 * @see RLOO: Kool et al. 2019; Ahmadian et al. 2024, arXiv:2402.14740
 */
export function leaveOneOut(rewards: ArrayLike<number>, samples: number): Float32Array {
  checkGroups('leaveOneOut', rewards, samples, 2);
  return byGroup(rewards, samples, (r, { mean }) => ((r - mean) * samples) / (samples - 1));
}

/**
 * A = r − mean of the study's samples.
 * @see Dr. GRPO: Liu et al. 2025, arXiv:2503.20783
 */
export function groupMean(rewards: ArrayLike<number>, samples: number): Float32Array {
  checkGroups('groupMean', rewards, samples, 2);
  return byGroup(rewards, samples, (r, { mean }) => r - mean);
}

/**
 * A = (r − mean) / (deviation + 1e-6) within the study's samples, the deviation with n − 1.
 * @see GRPO: Shao et al. 2024, arXiv:2402.03300, section 4.1.2
 */
export function groupStandardised(rewards: ArrayLike<number>, samples: number): Float32Array {
  checkGroups('groupStandardised', rewards, samples, 2);
  return byGroup(rewards, samples, (r, { mean, deviation }) => (r - mean) / (deviation + 1e-6));
}

function byGroup(
  rewards: ArrayLike<number>,
  samples: number,
  advantage: (reward: number, group: { mean: number; deviation: number }) => number,
): Float32Array {
  const out = new Float32Array(rewards.length);
  for (let from = 0; from < rewards.length; from += samples) {
    const group = Array.from({ length: samples }, (_, i) => rewards[from + i]);
    const mean = group.reduce((sum, r) => sum + r, 0) / samples;
    const squares = group.reduce((sum, r) => sum + (r - mean) ** 2, 0);
    const deviation = Math.sqrt(squares / (samples - 1));
    out.set(
      group.map((r) => advantage(r, { mean, deviation })),
      from,
    );
  }
  return out;
}

function checkGroups(name: string, rewards: ArrayLike<number>, samples: number, least: number): void {
  if (!Number.isInteger(samples) || samples < least) {
    throw new RangeError(`${name}: expected at least ${least} samples a study, got ${samples}`);
  }
  if (rewards.length === 0 || rewards.length % samples !== 0) {
    throw new RangeError(`${name}: expected ${samples} rewards for each study, got ${rewards.length} in all`);
  }
  checkNumbers(`${name}: rewards`, rewards, rewards.length);
}
