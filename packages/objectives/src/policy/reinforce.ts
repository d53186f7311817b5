import type { Objective, SampledReports } from '../objective';
import { greedyBaseline, leaveOneOut } from './advantages';
import { policyObjective } from './policy-objective';
import { type Reduction, sequenceSum, tokenMean } from './reductions';

/** Options of {@link scst}. */
export interface ScstOptions {
  /** {@link tokenMean} if absent. */
  readonly reduction?: Reduction;
}

/** Options of {@link rloo}. */
export interface RlooOptions {
  /** {@link sequenceSum} if absent. */
  readonly reduction?: Reduction;
  /** With it, PPO's clipped ratio stands in for the log-probability; null if absent. */
  readonly clip?: number | null;
  /** 0 if absent. */
  readonly klWeight?: number;
}

/**
 * Self-critical sequence training: −(r − r(greedy)) ln p. Needs `greedyRewards`.
 * @see Rennie et al. 2017, arXiv:1612.00563
 */
export function scst({ reduction = tokenMean }: ScstOptions = {}): Objective<SampledReports> {
  const name = 'scst';
  return policyObjective({
    name,
    advantages: ({ rewards, samples, greedyRewards }) => {
      if (!greedyRewards) throw new RangeError(`${name}: expected greedyRewards, one a study, found none`);
      return greedyBaseline(rewards, samples, greedyRewards);
    },
    clip: null,
    klWeight: 0,
    reduction,
  });
}

/**
 * REINFORCE, leave one out: −(r − mean of the study's other samples) ln p.
 * @see Kool et al. 2019; Ahmadian et al. 2024, arXiv:2402.14740
 */
export function rloo(options: RlooOptions = {}): Objective<SampledReports> {
  const { reduction = sequenceSum, clip = null, klWeight = 0 } = options;
  return policyObjective({
    name: 'rloo',
    advantages: ({ rewards, samples }) => leaveOneOut(rewards, samples),
    ...{ clip, klWeight, reduction },
  });
}
