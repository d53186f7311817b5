import { drGrpo, editGrpo, grpo, type Objective, rloo, type SampledReports, scst } from '@raca/objectives';
import { klWeightOf, type SelfCriticalConfig } from './self-critical-config';

/**
 * The objective that a config names; null where it names none.
 * @param maxLength longest report in tokens: the constant that Dr. GRPO and EditGRPO divide by
 */
export function policyObjectiveOf(
  config: Pick<SelfCriticalConfig, 'objective' | 'clip' | 'klWeight'>,
  maxLength: number,
): Objective<SampledReports> | null {
  const klWeight = klWeightOf(config);
  const { clip } = config;
  switch (config.objective) {
    case 'scst':
      return scst();
    case 'rloo':
      return rloo({ clip, klWeight });
    case 'grpo':
      return grpo({ clip, klWeight });
    case 'dr-grpo':
      return drGrpo({ clip, klWeight, maxLength });
    case 'edit-grpo':
      return editGrpo({ clip, klWeight, maxLength });
    default:
      return null;
  }
}
