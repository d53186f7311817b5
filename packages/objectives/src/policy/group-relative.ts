import type { Objective, SampledReports } from '../objective';
import { groupMean, groupStandardised } from './advantages';
import { policyObjective } from './policy-objective';
import { overLength, sequenceMean, sequenceSum, total } from './reductions';

/** Options of {@link grpo}. */
export interface GrpoOptions {
  /** 0.2 if absent. */
  readonly clip?: number;
  /** Weight of k3 to the reference; the paper has 0.04. 0 if absent. */
  readonly klWeight?: number;
  /** Whether advantages are divided by the deviation of the study's rewards; true if absent. */
  readonly divide?: boolean;
}

/** Options of {@link drGrpo} and {@link editGrpo}. */
export interface ConstantLengthOptions extends Pick<GrpoOptions, 'clip' | 'klWeight'> {
  /** The constant that stands in for reports' own lengths, such as the longest report in tokens; absent: t. */
  readonly maxLength?: number;
}

/**
 * Group relative policy optimisation: clipped ratio, advantages within a study, mean of the reports' means.
 * @see Shao et al. 2024, arXiv:2402.03300, equation 3
 */
export function grpo({
  clip = 0.2,
  klWeight = 0,
  divide = true,
}: GrpoOptions = {}): Objective<SampledReports> {
  const advantages = divide ? groupStandardised : groupMean;
  return policyObjective({
    name: 'grpo',
    advantages: ({ rewards, samples }) => advantages(rewards, samples),
    ...{ clip, klWeight, reduction: sequenceMean },
  });
}

/**
 * GRPO done right: neither the deviation nor a report's own length divides, so that neither easy studies nor short
 * reports weigh more.
 * @see Liu et al. 2025, arXiv:2503.20783
 */
export function drGrpo(options: ConstantLengthOptions = {}): Objective<SampledReports> {
  const { clip = 0.2, klWeight = 0, maxLength } = options;
  return policyObjective({
    name: 'drGrpo',
    advantages: ({ rewards, samples }) => groupMean(rewards, samples),
    ...{ clip, klWeight, reduction: overLength(sequenceSum, maxLength) },
  });
}

/**
 * EditGRPO's loss, for samples of which some are edited copies: see {@link editSamples}. As {@link drGrpo}, but not divided by
 * the number of rows, and k3 counts up to 10. Log-probabilities, `old` too, and rewards are those of the edited text.
 * @see Zhang et al. 2025, arXiv:2509.22812; constants of its program
 */
export function editGrpo(options: ConstantLengthOptions = {}): Objective<SampledReports> {
  const { clip = 0.2, klWeight = 0.01, maxLength } = options;
  return policyObjective({
    name: 'editGrpo',
    advantages: ({ rewards, samples }) => groupMean(rewards, samples),
    ...{ clip, klWeight, klLimit: 10, reduction: overLength(total, maxLength) },
  });
}
