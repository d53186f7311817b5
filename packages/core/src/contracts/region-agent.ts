import type { Scalar, Tensor3D } from '@tensorflow/tfjs-core';
import type { Random } from '../random';
import type { Module, Pass } from './module';
import type { Views } from './study';
import type { PatchFeatures } from './vision';

/** Which patches belong to which region. Axes: b batch, r regions, p patches. */
export interface RegionMasks {
  /** `[b, r, p]`, each 0 or 1; 0 where a patch is not there. */
  readonly masks: Tensor3D;
  /** `[b, r, p]`, each in [0, 1]; 0 where a patch is not there. */
  readonly probabilities: Tensor3D;
}

/** One sampled visit of all regions, kept until {@link TrainableRegionAgent.learn} has used it. */
export interface AgentEpisode {
  readonly regions: RegionMasks;
  dispose(): void;
}

/** What the rest of the model tells the agent about one episode. */
export interface AgentFeedback {
  /** Quality of each sample's report with the sampled masks, `[b]`, usually sentence BLEU-4 in [0, 1]. */
  readonly quality: Float32Array;
  /** The same with the deterministic masks, `[b]`: the baseline that ours subtracts. Absent: no baseline. */
  readonly baseline?: Float32Array;
}

/** What an agent looks at. */
export interface AgentInput {
  /** Encoded patches. */
  readonly features: PatchFeatures;
  /** The pictures that they were made of, for an agent with eyes of its own. */
  readonly views: Views;
}

/** Finds regions; deterministic. */
export interface RegionAgent extends Module {
  /** Whether it looks at the encoded patches or at the pictures; `images` cannot work on stored features. */
  readonly reads: 'features' | 'images';
  /** p ≥ 0.5 masks; no gradient flows through. The caller disposes both tensors. */
  locate(input: AgentInput): RegionMasks;
}

/** An agent that learns from rewards, outside the gradient tape of the rest. */
export interface TrainableRegionAgent extends RegionAgent {
  /**
   * Samples masks and records what `learn` needs; features are detached. Runs inside the gradient tape of the rest:
   * the episode's tensors outlive enclosing tidy scopes (`tf.keep`).
   */
  act(input: AgentInput, random: Random): AgentEpisode;
  /** Updates the weights; returns named numbers for the log. The episode stays the caller's to dispose. */
  learn(episode: AgentEpisode, feedback: AgentFeedback): Record<string, number>;
  /** Optimiser moments and counters by name, to save beside the weights. */
  trainingState(): Map<string, Float32Array>;
  /** @throws Error if names or sizes differ from {@link trainingState}'s */
  loadTrainingState(state: ReadonlyMap<string, Float32Array>): void;
}

export const isTrainableAgent = (agent: RegionAgent): agent is TrainableRegionAgent => 'learn' in agent;

/** Masks that carry a gradient, and what the agent itself wants of them. */
export interface RelaxedRegions extends RegionMasks {
  /** Named losses of the agent, such as its distance from a prior; added to the model's. */
  readonly losses: Readonly<Record<string, Scalar>>;
}

/**
 * An agent whose masks carry a gradient to its weights: the losses of the model train them, in the main optimiser
 * beside all other weights. What reads the masks must pass the gradient on; alignment and some fusions do.
 */
export interface DifferentiableRegionAgent extends RegionAgent {
  /**
   * Masks of 0 and 1, sampled in training and as `locate` finds them otherwise. Runs inside the gradient tape; features
   * are detached, as for every agent.
   */
  relax(input: AgentInput, pass: Pass): RelaxedRegions;
}

export const isDifferentiableAgent = (agent: RegionAgent): agent is DifferentiableRegionAgent =>
  'relax' in agent;
