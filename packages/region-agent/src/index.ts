export { type AdaptiveAgent, adaptiveAgent } from './adaptive/adaptive-agent';
export { type AdaptiveAgentConfig, adaptiveAgentConfigSchema } from './adaptive/config';
export type { Advantages, Outcome } from './advantages';
export { type GumbelAgentConfig, gumbelAgent, gumbelAgentConfigSchema } from './gumbel-agent';
export {
  type PatchPolicy,
  type PatchPolicyOptions,
  type PolicyFeatures,
  type PolicyInput,
  patchPolicy,
  type RegionPolicy,
} from './patch-policy';
export { type Decisions, type PolicyLossOptions, type PolicyNumbers, policyLoss } from './policy-loss';
export * from './ppo';
export { anatomicalPrior } from './prior/anatomical-prior';
export { type Prior, priorFor } from './prior/prior-for';
export { publishedPrior } from './prior/published-prior';
export { type PriorAgentConfig, priorAgent, priorAgentConfigSchema } from './prior-agent';
export {
  type PublishedAgent,
  type PublishedAgentConfig,
  publishedAgent,
  publishedAgentConfigSchema,
} from './published-agent';
export { type PublishedName, publishedName } from './published-name';
export {
  type RacaAgent,
  type RacaAgentConfig,
  type RacaAgentParts,
  racaAgent,
  racaAgentConfigSchema,
} from './raca-agent';
export { regionSetSchema } from './region-set';
export { type ActionRewards, priorRewards, rewardsAsPublished, rewardsOfOwnAction } from './rewards';
