import {
  Adam,
  type AgentEpisode,
  type AgentFeedback,
  type AgentInput,
  disposeParameters,
  LARGEST,
  type ModuleInfo,
  type NamedParameters,
  onlyPresent,
  type PatchFeatures,
  type PatchGrid,
  type Random,
  type RegionMasks,
  type RegionSet,
  type TrainableRegionAgent,
  TrainedProgram,
  tidyRead,
  VIEW_KINDS,
  valueAndGradients,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { type Advantages, advantagesOf } from './advantages';
import { checkFeatures, checkFeedback } from './checks';
import { likeliest, sampled } from './choices';
import { type PolicyInput, patchPolicy, type RegionPolicy } from './patch-policy';
import { decisionTensors, first, policyNumbers, withNumbers } from './policy-loss';
import { valueLoss } from './ppo';
import { presenceOf, whereThere } from './presence';
import { ByKinds, joined, kindsOf } from './prior/kinds';
import { priorFor } from './prior/prior-for';
import { byRegion, regionMasks, swapped } from './region-masks';
import { regionsOf, regionsOption } from './region-set';
import { type ActionRewards, priorRewards } from './rewards';

/** Options of {@link racaAgent}. */
export const racaAgentConfigSchema = z.strictObject({
  regions: regionsOption,
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the patches.'),
  views: z
    .array(z.enum(VIEW_KINDS))
    .min(1)
    .max(LARGEST.views)
    .default(['frontal', 'lateral'])
    .describe(
      'What each view of a study shows, where the study does not say; views past the end, `unknown` and `other` ones get no prior reward.',
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

/** What the prior gives to the studies of a batch. n: 1 where the views of all are of the same kinds, else b. */
interface PriorGiven {
  /** Of agreement, `[r, p]` or `[b, r, p]`. */
  readonly rewards: ActionRewards;
  /** Log-odds that the policy starts from, `[n·p, r]`. */
  readonly start: Float32Array;
}

class RacaEpisode implements AgentEpisode {
  constructor(
    readonly regions: RegionMasks,
    readonly input: PolicyInput,
    /** {@link PriorGiven.start} */
    readonly start: Float32Array,
    /** `[b, p]`; null: all patches are there. */
    readonly present: Float32Array | null,
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

/** See {@link racaAgent}. Axes: b batch, r regions, p patches. */
export class RacaAgent implements TrainableRegionAgent {
  readonly info: ModuleInfo;
  readonly reads = 'features';
  readonly parameters: NamedParameters;
  private readonly config: RacaAgentOptions;
  private readonly regions: RegionSet;
  private readonly policy: RegionPolicy;
  private readonly rewards: RacaAgentParts['rewards'];
  private readonly optimizer: Adam;
  /** Of one study: drawing the prior takes longer than sampling from it. */
  private readonly priors = new ByKinds<PriorGiven>((grid, kinds) => {
    const { masks, known } = priorFor(grid, kinds, 'raca', this.regions);
    return { rewards: priorRewards(masks, known), start: this.startFrom(masks, known) };
  });
  /** {@link episodeLosses} where all patches are there, and where some are not. */
  private readonly programs: Readonly<Record<'whole' | 'partial', TrainedProgram>>;
  /** See {@link chances}, by grid and presence. */
  private readonly locating = new Map<string, TrainedProgram>();
  private updates = 0;

  constructor(config: RacaAgentConfig, random: Random, parts: Partial<RacaAgentParts> = {}) {
    this.config = racaAgentConfigSchema.parse(config);
    this.info = { package: '@raca/region-agent', version, name: 'racaAgent', config: this.config };
    this.regions = regionsOf(this.config);
    this.policy = parts.policy ?? this.ownPolicy(random);
    this.rewards = parts.rewards ?? ((features) => this.given(features).rewards);
    this.parameters = this.policy.parameters;
    this.programs = {
      whole: new TrainedProgram(this.parameters, (tensors) => this.episodeLosses(tensors)),
      partial: new TrainedProgram(this.parameters, ([counted, ...rest]) => this.episodeLosses(rest, counted)),
    };
    const part = (isCritic: boolean): NamedParameters =>
      new Map([...this.parameters].filter(([name]) => name.startsWith('critic.') === isCritic));
    this.optimizer = new Adam([
      { name: 'actor', parameters: part(false), learningRate: this.config.actorRate },
      { name: 'critic', parameters: part(true), learningRate: this.config.criticRate },
    ]);
  }

  locate({ features }: AgentInput): RegionMasks {
    checkFeatures('racaAgent', features, null);
    const { patches, grid, present } = features;
    const [b, p] = patches.shape;
    const r = this.regions.names.length;
    const { start } = this.given(features);
    const chances = tidyRead(() => {
      const given = [patches, tf.tensor2d(start, [start.length / r, r])];
      const program = this.chances(grid, present !== null);
      return program.run([], present ? [...given, present] : given).dataSync() as Float32Array;
    });
    return {
      masks: tf.tensor3d(likeliest(chances), [b, r, p]),
      probabilities: tf.tensor3d(chances, [b, r, p]),
    };
  }

  act({ features }: AgentInput, random: Random): AgentEpisode {
    checkFeatures('racaAgent', features, null);
    const { start } = this.given(features);
    const present = presenceOf(features);
    const input = this.policy.prepare(features, random);
    const [logits, chances] = tidyRead(() => {
      const logits = this.policy.logits(input);
      const r = logits.shape[1];
      const found = startedFrom(tf.tensor2d(start, [start.length / r, r]), logits);
      return [found, tf.sigmoid(found)].map((x) => x.dataSync() as Float32Array);
    });
    const { actions, old } = sampled(logits, chances, random, present);
    const regions = regionMasks(actions, whereThere(chances, present), features.patches.shape);
    return new RacaEpisode(regions, input, start, present, actions, old, this.rewards(features));
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
      present: episode.present,
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
    for (const program of [...Object.values(this.programs), ...this.locating.values()]) program.dispose();
    disposeParameters(this.parameters);
  }

  /** Weight of the prior at this update. */
  get priorWeight(): number {
    const { priorWeight, priorHalfLife } = this.config;
    return priorHalfLife === null ? priorWeight : priorWeight * 0.5 ** (this.updates / priorHalfLife);
  }

  private ownPolicy(random: Random): RegionPolicy {
    const { views, priorLogit } = this.config;
    const spread = priorLogit === 0 ? 1 : 0.1;
    const regions = this.regions.names.length;
    return patchPolicy({ ...this.config, regions, views: views.length, spread }, random);
  }

  /** Patches `[b, p, d]`, start `[n·p, r]` and presence `[b, p]` → chances `[b, r, p]` without disturbance. */
  private chances(grid: PatchGrid, isPartial: boolean): TrainedProgram {
    const key = `${grid.views} ${grid.rows} ${grid.cols} ${isPartial}`;
    let program = this.locating.get(key);
    if (!program) {
      program = new TrainedProgram(this.parameters, (tensors) => {
        const [patches, start, present = null] = tensors as [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D?];
        const input = this.policy.prepare({ patches, grid, present }, null);
        const logits = startedFrom(start, this.policy.logits(input));
        return onlyPresent(byRegion(tf.sigmoid(logits), patches.shape[0]), present, 2);
      });
      this.locating.set(key, program);
    }
    return program;
  }

  private given({ patches, grid, kinds }: PatchFeatures): PriorGiven {
    const size = [patches.shape[0], grid.views] as const;
    const all = this.priors.of(grid, kindsOf('racaAgent', kinds, size, this.config.views));
    if (all.length === 1) return all[0];
    const rewards = {
      chosen: joined(all.map((one) => one.rewards.chosen)),
      left: joined(all.map((one) => one.rewards.left)),
    };
    return { rewards, start: joined(all.map(({ start }) => start)) };
  }

  /** `[p, r]` */
  private startFrom(masks: Float32Array, known: Float32Array): Float32Array {
    const [p, R] = [known.length, this.regions.names.length];
    return Float32Array.from({ length: p * R }, (_, k) => {
      const [i, r] = [Math.floor(k / R), k % R];
      return known[i] * this.config.priorLogit * (2 * masks[r * p + i] - 1);
    });
  }

  private update(episode: RacaEpisode, judged: Advantages): Record<string, number> {
    const { input, start, present, actions, old } = episode;
    const { credit, epochs } = this.config;
    const { patches, images, positions, patchesPerImage: p } = input;
    const [b, r] = [images.shape[0], this.regions.names.length];
    const byPatch = credit === 'patch';
    const numbers = { actorLoss: 0, entropy: 0, clipped: 0, criticLoss: 0 };
    tf.tidy(() => {
      const decisions = decisionTensors({
        actions,
        old,
        advantages: byPatch ? swapped(judged.advantages, b, r) : judged.advantages,
        rowsPerDecision: byPatch ? 1 : p,
        present,
      });
      const returns = tf.tensor2d(judged.returns, [b, r]);
      const { signs, advantages, counted } = decisions;
      const begin = tf.tensor2d(start, [start.length / r, r]);
      const whole = [patches, images, begin, signs, decisions.old, advantages, returns];
      const given = positions ? [...whole, positions] : whole;
      for (let epoch = 0; epoch < epochs; epoch++) {
        const { gradients } = valueAndGradients(() => {
          const losses = counted
            ? this.programs.partial.run([], [counted, ...given])
            : this.programs.whole.run([], given);
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
  private episodeLosses(tensors: readonly tf.Tensor[], counted?: tf.Tensor): tf.Tensor1D {
    const [patches, images, start] = tensors as tf.Tensor2D[];
    const [signs, old, advantages] = tensors.slice(3) as tf.Tensor1D[];
    const [returns, positions = null] = tensors.slice(6) as tf.Tensor2D[];
    const input = { patches, images, positions, patchesPerImage: patches.shape[0] / images.shape[0] };
    const logits = startedFrom(start, this.policy.logits(input));
    const actor = policyNumbers(
      logits,
      { signs, old, advantages, counted: counted as tf.Tensor1D },
      this.config,
    );
    const critic = valueLoss(this.policy.values(input), returns);
    return withNumbers(tf.add(first(actor), critic), [critic, actor]); // no shared weights: gradients do not mix
  }
}

/** Logits `[b·p, r]` on top of `[b·p, r]`, or of what is the same for each study, `[p, r]`. */
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
