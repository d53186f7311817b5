import {
  Adam,
  type AgentEpisode,
  type AgentFeedback,
  type AgentInput,
  applyLinear,
  disposeParameters,
  LARGEST,
  type Linear,
  linear,
  type ModuleInfo,
  type NamedParameters,
  normal,
  onlyPresent,
  Parameters,
  type PatchFeatures,
  type Random,
  REGIONS,
  type RegionMasks,
  type TrainableRegionAgent,
  tidyRead,
  valueAndGradients,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { checkFeatures, checkFeedback } from './checks';
import {
  clippedSurrogate,
  discountedReturns,
  generalisedAdvantages,
  logProbabilities,
  standardised,
  valueLoss,
} from './ppo';
import { countOf, presenceOf } from './presence';
import { PUBLISHED_SIDE, publishedPrior } from './prior/published-prior';
import { composedRewards, priorRewards, rewardsAsPublished } from './rewards';

/** Options of {@link publishedAgent}; the defaults are the published numbers. */
export const publishedAgentConfigSchema = z.strictObject({
  views: z
    .int()
    .min(1)
    .max(2)
    .default(2)
    .describe('v: 2 for IU X-ray, 1 for MIMIC-CXR; each view is 7 × 7 patches.'),
  hidden: z
    .int()
    .positive()
    .max(LARGEST.width)
    .default(128)
    .describe('Width of actor and critic between their two layers.'),
  clip: z
    .number()
    .positive()
    .default(0.2)
    .describe('ε of PPO: the ratio of probabilities is clipped to 1 ± ε.'),
  gamma: z.number().min(0).max(1).default(0.98).describe('γ, discount of later rewards.'),
  lambda: z.number().min(0).max(1).default(0.98).describe('λ of generalised advantage estimation.'),
  actorRate: z.number().positive().default(1e-6).describe('Learning rate of the actor.'),
  criticRate: z.number().positive().default(1e-4).describe('Learning rate of the critic.'),
  alpha: z.number().nonnegative().default(0.4).describe('α, weight of report quality in the reward.'),
});

/** Config of {@link publishedAgent}; every field has a default. */
export type PublishedAgentConfig = z.input<typeof publishedAgentConfigSchema>;

/** Width of a state: patch sums, previous action, region embedding. */
const STATE = 256;
const R = REGIONS.length;

interface TwoLayers {
  readonly inner: Linear;
  readonly outer: Linear;
}

/** What happened at the 12 visits of each sample. */
interface Visits {
  /** `[b, r, 256]` */
  readonly states: Float32Array;
  /** `[b, r, p]` */
  readonly actions: Float32Array;
  /** `[b, r, p]` */
  readonly probabilities: Float32Array;
  /** `[b, p]`; null: all patches are there. */
  readonly present: Float32Array | null;
}

class PublishedEpisode implements AgentEpisode {
  constructor(
    readonly regions: RegionMasks,
    readonly visits: Visits,
    /** b */
    readonly samples: number,
  ) {
    tf.keep(regions.masks);
    tf.keep(regions.probabilities);
  }

  dispose(): void {
    tf.dispose([this.regions.masks, this.regions.probabilities]);
  }
}

/** See {@link publishedAgent}. Axes: b batch, r = 12 regions, p patches. */
export class PublishedAgent implements TrainableRegionAgent {
  readonly info: ModuleInfo;
  readonly reads = 'features';
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof publishedAgentConfigSchema>;
  private readonly patches: number;
  private readonly embedding: tf.Variable;
  private readonly actor: TwoLayers;
  private readonly critic: TwoLayers;
  private readonly optimizer: Adam;

  constructor(config: PublishedAgentConfig, random: Random) {
    this.config = publishedAgentConfigSchema.parse(config);
    this.info = { package: '@raca/region-agent', version, name: 'publishedAgent', config: this.config };
    this.patches = this.config.views * PUBLISHED_SIDE ** 2;
    const p = Parameters.create(random);
    this.embedding = p.scope('embedding').add('weight', [R, STATE - 2 * this.patches], normal(1), false);
    const twoLayers = (name: string, output: number): TwoLayers => ({
      inner: linear(p.scope(name).scope('inner'), STATE, this.config.hidden),
      outer: linear(p.scope(name).scope('outer'), this.config.hidden, output),
    });
    this.actor = twoLayers('actor', this.patches);
    this.critic = twoLayers('critic', 1);
    this.parameters = p.all;
    const part = (name: string): NamedParameters =>
      new Map([...p.all].filter(([own]) => own.startsWith(`${name}.`)));
    this.optimizer = new Adam([
      { name: 'actor', parameters: part('actor'), learningRate: this.config.actorRate },
      { name: 'critic', parameters: part('critic'), learningRate: this.config.criticRate },
    ]);
  }

  /** Masks of p > 0.5, as published but never sampled. */
  locate({ features }: AgentInput): RegionMasks {
    const visits = this.visit(features, (probability) => (probability > 0.5 ? 1 : 0));
    return this.masksOf(visits, features.patches.shape[0]);
  }

  act({ features }: AgentInput, random: Random): AgentEpisode {
    const visits = this.visit(features, (probability) => (random.next() < probability ? 1 : 0));
    const b = features.patches.shape[0];
    return new PublishedEpisode(this.masksOf(visits, b), visits, b);
  }

  /**
   * One epoch of PPO. As the probabilities of sampling belong to the weights that are updated, the ratio is 1 and
   * clipping never acts; advantages run over the sequence of all samples' first regions, then second ones, and so
   * on; every sample gets the batch's rewards. `feedback.baseline` is not used.
   */
  learn(episode: AgentEpisode, feedback: AgentFeedback): Record<string, number> {
    if (!(episode instanceof PublishedEpisode)) {
      throw new TypeError('publishedAgent: learn needs an episode of its own act');
    }
    const { visits, samples: b } = episode;
    checkFeedback('publishedAgent', 'quality', feedback.quality, b);
    const { present } = visits;
    const prior = priorRewards(publishedPrior(this.config.views));
    const agreement = rewardsAsPublished(visits.actions, prior, R, present);
    const rewards = composedRewards(
      agreement,
      feedback.quality.reduce((a, x) => a + x, 0),
      this.config.alpha,
    );
    const n = R * b;
    return tf.tidy(() => {
      const inTime = <T extends tf.Tensor>(x: Float32Array, width: number): T =>
        tf.reshape(tf.transpose(tf.tensor3d(x, [b, R, width]), [1, 0, 2]), [n, width]) as T;
      const states = inTime<tf.Tensor2D>(visits.states, STATE);
      const actions = inTime<tf.Tensor2D>(visits.actions, this.patches);
      const perVisit = Float32Array.from({ length: n }, (_, i) => rewards[Math.floor(i / b)]);
      const { advantages, returns } = this.judge(states, perVisit, b);
      const there = present && inTime(repeated(present, R, this.patches), this.patches);
      const logProbability = (): tf.Tensor => {
        const each = logProbabilities(this.actorLogits(states), actions);
        return tf.sum(there ? tf.mul(each, there) : each, 1);
      };
      const old = logProbability();
      let actorLoss = 0;
      let criticLoss = 0;
      const { gradients } = valueAndGradients(() => {
        const policy = clippedSurrogate(logProbability(), old, tf.tensor1d(advantages), this.config.clip);
        const value = valueLoss(this.values(states), tf.tensor2d(returns, [n, 1]));
        [actorLoss, criticLoss] = [policy.dataSync()[0], value.dataSync()[0]];
        return tf.add(policy, value) as tf.Scalar; // no shared weights: each part gets its own gradient
      }, this.parameters);
      this.optimizer.step(gradients);
      const reward = agreement.reduce((a, x) => a + x, 0) / (R * countOf(present, b * this.patches));
      return { reward, actorLoss, criticLoss };
    });
  }

  trainingState(): Map<string, Float32Array> {
    return this.optimizer.state();
  }

  loadTrainingState(state: ReadonlyMap<string, Float32Array>): void {
    this.optimizer.loadState(state);
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }

  /**
   * All 12 regions in order; the state of each holds the previous one's action. Patches that are not there are 0 in
   * sums, actions and probabilities.
   * @param choose probability → 0 or 1
   */
  visit(features: PatchFeatures, choose: (probability: number) => number): Visits {
    this.check(features);
    const p = this.patches;
    const b = features.patches.shape[0];
    const states = new Float32Array(b * R * STATE);
    const actions = new Float32Array(b * R * p);
    const probabilities = new Float32Array(b * R * p);
    const present = presenceOf(features);
    const [sums, embeddings] = tf.tidy(() => [
      tf.sum(onlyPresent(features.patches, features.present, 1), 2).dataSync(),
      tf.mul(this.embedding, Math.sqrt(STATE - 2 * p)).dataSync(),
    ]);
    const width = STATE - 2 * p;
    for (let r = 0; r < R; r++) {
      const batch = new Float32Array(b * STATE);
      for (let i = 0; i < b; i++) {
        const state = batch.subarray(i * STATE, (i + 1) * STATE);
        const visit = i * R + r;
        state.set(sums.subarray(i * p, (i + 1) * p));
        if (r > 0) state.set(actions.subarray((visit - 1) * p, visit * p), p);
        state.set(embeddings.subarray(r * width, (r + 1) * width), 2 * p);
        states.set(state, visit * STATE);
      }
      const found = tidyRead(() => tf.sigmoid(this.actorLogits(tf.tensor2d(batch, [b, STATE]))).dataSync());
      for (let i = 0; i < b; i++) {
        for (let j = 0; j < p; j++) {
          if (present && !present[i * p + j]) continue;
          const to = (i * R + r) * p + j;
          probabilities[to] = found[i * p + j];
          actions[to] = choose(found[i * p + j]);
        }
      }
    }
    return { states, actions, probabilities, present };
  }

  private judge(states: tf.Tensor2D, rewards: Float32Array, b: number) {
    const values = this.values(states).dataSync();
    const n = values.length;
    const last = (i: number): boolean => i >= n - b;
    const nextValues = values.map((_, i) => (last(i) ? 0 : values[i + b]));
    const dones = values.map((_, i) => (last(i) ? 1 : 0));
    const advantages = generalisedAdvantages(rewards, values, nextValues, dones, this.config);
    return { advantages: standardised(advantages), returns: discountedReturns(rewards, this.config.gamma) };
  }

  private actorLogits(states: tf.Tensor2D): tf.Tensor2D {
    return applyLinear(this.actor.outer, tf.relu(applyLinear(this.actor.inner, states)));
  }

  /** `[n, 1]` */
  private values(states: tf.Tensor2D): tf.Tensor2D {
    return applyLinear(this.critic.outer, tf.relu(applyLinear(this.critic.inner, states)));
  }

  private masksOf({ actions, probabilities }: Visits, b: number): RegionMasks {
    const shape: [number, number, number] = [b, R, this.patches];
    return { masks: tf.tensor3d(actions, shape), probabilities: tf.tensor3d(probabilities, shape) };
  }

  private check(features: PatchFeatures): void {
    const { views, rows, cols } = features.grid;
    const side = PUBLISHED_SIDE;
    if (views !== this.config.views || rows !== side || cols !== side) {
      throw new RangeError(
        `publishedAgent: the grid must be ${this.config.views} × ${side} × ${side}, got ${views} × ${rows} × ${cols}`,
      );
    }
    checkFeatures('publishedAgent', features, null);
  }
}

/** `[b, p]` → `[b, r, p]`, the same for every region. */
function repeated(values: Float32Array, r: number, p: number): Float32Array {
  return Float32Array.from(
    { length: values.length * r },
    (_, i) => values[Math.floor(i / (r * p)) * p + (i % p)],
  );
}

/**
 * The region-locating agent as published: one binary action per patch and region, chosen by a network with one
 * output per patch position from [sum of each patch's features, previous region's action, region embedding].
 * Its slips are kept where the published code runs with them (see {@link PublishedAgent.learn}); two are not: the
 * first "previous action" has p zeros, and decoding never samples.
 *
 * @throws ZodError if the config is not valid
 */
export const publishedAgent = (config: PublishedAgentConfig, random: Random): PublishedAgent =>
  new PublishedAgent(config, random);
