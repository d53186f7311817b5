import type { FindingLabels } from '@raca/core';
import { findingHeadConfigSchema, missingFrequencies, positiveFrequencies } from '@raca/findings';
import type { RunConfig } from './config';

/**
 * The config with the shares of positive reports that its finding head needs and leaves out; what it says stays. A config
 * that needs none, or has another head, is given back as it is.
 * @param labels of the training reports; only asked for where something is missing
 */
export function withFrequencies(config: RunConfig, labels: () => FindingLabels): RunConfig {
  const { findings } = config.model;
  if (findings?.use !== 'finding-head') return config;
  const options = findingHeadConfigSchema.safeParse(findings.config);
  if (!options.success) return config; // said when the model is built
  const missing = missingFrequencies(options.data);
  if (missing.length === 0) return config;
  const counted = positiveFrequencies(labels());
  const added = missing.flatMap((name) => (Object.hasOwn(counted, name) ? [[name, counted[name]]] : []));
  const frequencies = { ...options.data.frequencies, ...Object.fromEntries(added) };
  return {
    ...config,
    model: { ...config.model, findings: { ...findings, config: { ...findings.config, frequencies } } },
  };
}

/** What a model's training takes from validation beside the choice of weights, for `run.json` and whoever reads the results. */
export const validationFeeds = ({ findings }: RunConfig['model']): string[] =>
  findings?.use === 'finding-head' && findings.config.adjustment === 'adaptive' ? ['findings.prior'] : [];
