import {
  Adam,
  type AgentEpisode,
  type AgentFeedback,
  disposeParameters,
  LARGEST,
  type ModuleInfo,
  type NamedParameters,
  type PatchFeatures,
  type PatchGrid,
  type Random,
  REGIONS,
  type RegionMasks,
  type TrainableRegionAgent,
  TrainedProgram,
  tidyRead,
  valueAndGradients,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { type Advantages, advantagesOf } from './advantages';
import { checkFeedback } from './checks';
import { likeliest, sampled } from './choices';
import { type PolicyInput, patchPolicy, type RegionPolicy } from './patch-policy';
import { decisionTensors, first, policyNumbers, withNumbers } from './policy-loss';
import { valueLoss } from './ppo';
import { priorFor } from './prior/prior-for';
import { byRegion, regionMasks, swapped } from './region-masks';
import { type ActionRewards, priorRewards } from './rewards';

/** Options of {@link racaAgent}. */
export const racaAgentConfigSchema = z.strictObject({
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the patches.'),
  views: z
    .array(z.enum(['frontal', 'lateral', 'unknown']))
    .min(1)
    .max(LARGEST.views)
    .default(['frontal', 'lateral'])
    .describe(
      'What each view of a study shows; views past the end, and `unknown` ones, get no prior reward.',
    ),
  hidden: z
    .int()
    .positive()
    .max(LARGEST.width)
    .default(64)
    .describe('Width of the hidden layers and of the region embeddings.'),
  positions: z
    .boolean()
    .default(true)
    .describe('Whether the network is told where a patch lies in its view.'),
  positionJitter: z
    .number()
    .min(0)
    .max(1)
    .default(0.15)
    .describe('Largest random shift of that position in training; 1 is half a view.'),
  credit: z
    .enum(['patch', 'region'])
    .default('patch')
    .describe(
      'Who earns a reward. `patch`: every action is paid for its own patch and shares only the report’s quality; `region`: all ' +
        'actions of a visit share the visit’s sum, as published.',
    ),
  priorWeight: z
    .number()
    .nonnegative()
    .default(1)
    .describe('Weight of agreement with the prior in the reward.'),
  priorHalfLife: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Updates after which the prior’s weight has halved; null: it stays.'),
  priorLogit: z
    .number()
    .nonnegative()
    .default(0)
    .describe(
      'Log-odds that the policy starts from: +x at the prior’s patches, −x at others, 0 where there is no prior. The network adds ' +
        'to them, so training starts from the prior and may leave it. 0: it starts from a coin toss.',
    ),
  qualityWeight: z.number().nonnegative().default(0.4).describe('Weight of report quality in the reward.'),
  entropyWeight: z.number().nonnegative().default(0.01).describe('Weight of the entropy bonus.'),
  epochs: z
    .int()
    .positive()
    .max(LARGEST.rounds)
    .default(3)
    .describe('Passes of PPO over the choices of one step.'),
  clip: z
    .number()
    .positive()
    .default(0.2)
    .describe('ε of PPO: the ratio of probabilities is clipped to 1 ± ε.'),
  gamma: z.number().min(0).max(1).default(0.98).describe('γ, discount of later rewards.'),
  lambda: z.number().min(0).max(1).default(0.98).describe('λ of generalised advantage estimation.'),
  actorRate: z.number().positive().default(2e-3).describe('Learning rate of the policy.'),
  criticRate: z.number().positive().default(1e-3).describe('Learning rate of the critic.'),
});

/** Config of {@link racaAgent}; every field has a default. */
export type RacaAgentConfig = z.input<typeof racaAgentConfigSchema>;

/** Config with defaults filled in. */
export type RacaAgentOptions = z.output<typeof racaAgentConfigSchema>;

/** Parts of {@link racaAgent} to try others in place of; the config cannot name them, so keep a note of them. */
export interface RacaAgentParts {
  readonly policy: RegionPolicy;
  /** What actions earn before the report is known. Default: agreement with the prior. */
  readonly rewards: (features: PatchFeatures) => ActionRewards;
}

const R = REGIONS.length;

const keyOf = ({ views, rows, cols }: PatchGrid): string => `${views} ${rows} ${cols}`;

class RacaEpisode implements AgentEpisode {
  constructor(
    readonly regions: RegionMasks,
    readonly input: PolicyInput,
    readonly grid: PatchGrid,
    /** `[b·p, r]`, the policy's layout. */
    readonly actions: Float32Array,
    /** Log-probabilities at the time of sampling, `[b·p, r]`. */
    readonly old: Float32Array,
    readonly rewards: ActionRewards,
  ) {
    for (const tensor of this.tensors) tf.keep(tensor);
  }

  dispose(): void {
    tf.dispose(this.tensors);
  }

  private get tensors(): tf.Tensor[] {
    const { patches, images, positions } = this.input;
    const { masks, probabilities } = this.regions;
    const own = [masks, probabilities, patches, images];
    return positions ? [...own, positions] : own;
  }
}

/** See {@link racaAgent}. Axes: b batch, r = 12 regions, p patches. */
export class RacaAgent implements TrainableRegionAgent {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: RacaAgentOptions;
  private readonly policy: RegionPolicy;
  private readonly rewards: RacaAgentParts['rewards'];
  private readonly optimizer: Adam;
  /** Rewards by grid: drawing the prior takes longer than sampling from it. */
  private readonly agreements = new Map<string, ActionRewards>();
  /** What the policy starts from, by grid: `[p, r]`. */
  private readonly starts = new Map<string, Float32Array>();
  private readonly program: TrainedProgram;
  /** See {@link chances}, by grid. */
  private readonly locating = new Map<string, TrainedProgram>();
  private updates = 0;

  constructor(config: RacaAgentConfig, random: Random, parts: Partial<RacaAgentParts> = {}) {
    this.config = racaAgentConfigSchema.parse(config);
    this.info = { package: '@raca/region-agent', version, name: 'racaAgent', config: this.config };
    this.policy = parts.policy ?? this.ownPolicy(random);
    this.rewards = parts.rewards ?? ((features) => this.agreement(features));
    this.parameters = this.policy.parameters;
    this.program = new TrainedProgram(this.parameters, (tensors) => this.losses(tensors));
    const part = (isCritic: boolean): NamedParameters =>
      new Map([...this.parameters].filter(([name]) => name.startsWith('critic.') === isCritic));
    this.optimizer = new Adam([
      { name: 'actor', parameters: part(false), learningRate: this.config.actorRate },
      { name: 'critic', parameters: part(true), learningRate: this.config.criticRate },
    ]);
  }

  locate(features: PatchFeatures): RegionMasks {
    const { patches, grid } = features;
    const [b, p] = patches.shape;
    const chances = tidyRead(() => this.chances(grid).run([], [patches]).dataSync() as Float32Array);
    return {
      masks: tf.tensor3d(likeliest(chances), [b, R, p]),
      probabilities: tf.tensor3d(chances, [b, R, p]),
    };
  }

  act(features: PatchFeatures, random: Random): AgentEpisode {
    const input = this.policy.prepare(features, random);
    const [logits, probabilities] = tidyRead(() => {
      const found = this.logits(input, features.grid);
      return [found, tf.sigmoid(found)].map((x) => x.dataSync() as Float32Array);
    });
    const { actions, old } = sampled(logits, probabilities, random);
    const regions = regionMasks(actions, probabilities, features.patches.shape[0]);
    return new RacaEpisode(regions, input, features.grid, actions, old, this.rewards(features));
  }

  learn(episode: AgentEpisode, feedback: AgentFeedback): Record<string, number> {
    if (!(episode instanceof RacaEpisode))
      throw new TypeError('racaAgent: learn needs an episode of its own act');
    const { input, regions } = episode;
    const b = input.images.shape[0];
    checkFeedback('racaAgent', 'quality', feedback.quality, b);
    if (feedback.baseline) checkFeedback('racaAgent', 'baseline', feedback.baseline, b);
    const advantages = advantagesOf({
      actions: regions.masks.dataSync() as Float32Array,
      probabilities: regions.probabilities.dataSync() as Float32Array,
      values: tidyRead(() => this.policy.values(input).dataSync() as Float32Array),
      rewards: episode.rewards,
      gains: feedback.quality.map((x, i) => x - (feedback.baseline?.[i] ?? 0)),
      shape: regions.masks.shape,
      options: { ...this.config, priorWeight: this.priorWeight },
    });
    const numbers = this.update(episode, advantages);
    this.updates++;
    return { reward: advantages.meanReward, gain: advantages.meanGain, ...numbers };
  }

  trainingState(): Map<string, Float32Array> {
    return this.optimizer.state().set('updates', Float32Array.of(this.updates));
  }

  loadTrainingState(state: ReadonlyMap<string, Float32Array>): void {
    const updates = state.get('updates');
    if (updates?.length !== 1) {
      throw new Error(
        `racaAgent: training state "updates" must have 1 value, found ${updates?.length ?? 'none'}`,
      );
    }
    this.optimizer.loadState(state);
    this.updates = updates[0];
  }

  dispose(): void {
    for (const program of [this.program, ...this.locating.values()]) program.dispose();
    disposeParameters(this.parameters);
  }

  /** Weight of the prior at this update. */
  get priorWeight(): number {
    const { priorWeight, priorHalfLife } = this.config;
    return priorHalfLife === null ? priorWeight : priorWeight * 0.5 ** (this.updates / priorHalfLife);
  }

  private ownPolicy(random: Random): RegionPolicy {
    const { views, priorLogit } = this.config;
    return patchPolicy({ ...this.config, views: views.length, spread: priorLogit === 0 ? 1 : 0.1 }, random);
  }

  /** Patches `[b, p, d]` → chances `[b, r, p]` without disturbance. */
  private chances(grid: PatchGrid): TrainedProgram {
    const key = keyOf(grid);
    let program = this.locating.get(key);
    if (!program) {
      program = new TrainedProgram(this.parameters, ([patches]) => {
        const features = { patches: patches as tf.Tensor3D, grid };
        return byRegion(tf.sigmoid(this.logits(this.policy.prepare(features, null), grid)), features);
      });
      this.locating.set(key, program);
    }
    return program;
  }

  /** The policy's logits on top of where it starts, `[b·p, r]`. */
  private logits(input: PolicyInput, grid: PatchGrid): tf.Tensor2D {
    return startedFrom(this.start(grid), this.policy.logits(input));
  }

  /** `[p, r]` */
  private start(grid: PatchGrid): tf.Tensor2D {
    const key = keyOf(grid);
    const p = grid.views * grid.rows * grid.cols;
    let start = this.starts.get(key);
    if (!start) {
      const { masks, known } = priorFor(grid, this.config.views, 'raca');
      start = Float32Array.from({ length: p * R }, (_, k) => {
        const [i, r] = [Math.floor(k / R), k % R];
        return known[i] * this.config.priorLogit * (2 * masks[r * p + i] - 1);
      });
      this.starts.set(key, start);
    }
    return tf.tensor2d(start, [p, R]);
  }

  private agreement({ grid }: PatchFeatures): ActionRewards {
    const key = keyOf(grid);
    const kept = this.agreements.get(key);
    if (kept) return kept;
    const prior = priorFor(grid, this.config.views, 'raca');
    const rewards = priorRewards(prior.masks, prior.known);
    this.agreements.set(key, rewards);
    return rewards;
  }

  private update({ input, grid, actions, old }: RacaEpisode, judged: Advantages): Record<string, number> {
    const { credit, epochs } = this.config;
    const { patches, images, positions, patchesPerImage: p } = input;
    const b = images.shape[0];
    const byPatch = credit === 'patch';
    const numbers = { actorLoss: 0, entropy: 0, clipped: 0, criticLoss: 0 };
    tf.tidy(() => {
      const decisions = decisionTensors({
        actions,
        old,
        advantages: byPatch ? swapped(judged.advantages, b, R) : judged.advantages,
        rowsPerDecision: byPatch ? 1 : p,
      });
      const returns = tf.tensor2d(judged.returns, [b, R]);
      const { signs, advantages } = decisions;
      const given = [patches, images, this.start(grid), signs, decisions.old, advantages, returns];
      for (let epoch = 0; epoch < epochs; epoch++) {
        const { gradients } = valueAndGradients(() => {
          const losses = this.program.run([], positions ? [...given, positions] : given);
          const [, criticLoss, , actorLoss, entropy, clipped] = losses.dataSync();
          Object.assign(numbers, { actorLoss, entropy, clipped, criticLoss });
          return first(losses);
        }, this.parameters);
        this.optimizer.step(gradients);
      }
    });
    return numbers;
  }

  /** The loss, the critic's part of it, {@link policyNumbers}: `[6]`. */
  private losses(tensors: readonly tf.Tensor[]): tf.Tensor1D {
    const [patches, images, start] = tensors as tf.Tensor2D[];
    const [signs, old, advantages] = tensors.slice(3) as tf.Tensor1D[];
    const [returns, positions = null] = tensors.slice(6) as tf.Tensor2D[];
    const input = { patches, images, positions, patchesPerImage: patches.shape[0] / images.shape[0] };
    const logits = startedFrom(start, this.policy.logits(input));
    const actor = policyNumbers(logits, { signs, old, advantages }, this.config);
    const critic = valueLoss(this.policy.values(input), returns);
    return withNumbers(tf.add(first(actor), critic), [critic, actor]); // no shared weights: gradients do not mix
  }
}

/** `[b·p, r]` on top of what is the same for each image, `[p, r]`. */
const startedFrom = (start: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor2D =>
  tf.reshape(tf.add(tf.reshape(logits, [-1, ...start.shape]), start), logits.shape);

/**
 * RACA's region-locating agent, ours: PPO over a network shared by all patches ({@link patchPolicy}), so that it sees
 * what each patch looks like. Against the published agent: rewards belong to the action just taken and to one sample;
 * log-probabilities are kept from sampling, so that clipping acts; advantages are estimated per sample over its 12
 * visits; several epochs, an entropy bonus, region embeddings trained; report quality minus the quality with
 * deterministic masks is paid at the last visit. At inference p ≥ 0.5, once an image.
 *
 * @throws ZodError if the config is not valid
 */
export const racaAgent = (
  config: RacaAgentConfig,
  random: Random,
  parts?: Partial<RacaAgentParts>,
): RacaAgent => new RacaAgent(config, random, parts);
