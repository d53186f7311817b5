import {
  Adam,
  type AgentEpisode,
  type AgentFeedback,
  isTrainableAgent,
  type NamedParameters,
  type ParameterGroup,
  type Pass,
  Random,
  type RegionMasks,
  stepLr,
  valueAndGradients,
} from '@raca/core';
import { type Reward, sentenceBleu } from '@raca/metrics';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingConfig } from './config';
import { FindingWeights } from './finding-weights';
import { tensorsOf } from './generate';
import { detached, type Encoded, type ModelBatch, type Raca } from './model';
import { type Rollouts, referencesOf, rolloutLoss } from './self-critical';

/** Numbers of one training step, by name. */
export type StepLog = Record<string, number>;

/** Turns token ids into the text that report quality is measured on. */
export type Decode = (ids: ArrayLike<number>) => string;

/** What outlives the gradient tape of one step. */
interface Held {
  readonly parts: Record<string, tf.Scalar>;
  predicted: tf.Tensor2D | null;
  encoded: Encoded | null;
  episode: AgentEpisode | null;
}

/**
 * One optimiser step at a time. Everything random in a step comes from (seed, step), so training goes on
 * after a break exactly as without it.
 */
export class Trainer {
  readonly optimizer: Adam;
  private readonly findings: FindingWeights;
  /** Steps done. */
  step = 0;

  constructor(
    readonly model: Raca,
    readonly config: TrainingConfig,
    private readonly decode: Decode,
    /** Report quality that the agent learns from. */
    private readonly agentReward: Reward = sentenceBleus,
  ) {
    this.findings = new FindingWeights(model.separator, decode);
    this.optimizer = new Adam(parameterGroups(model.trained, config), {
      amsgrad: config.amsgrad,
      weightDecay: config.weightDecay,
      clipValue: config.clipValue,
      schedule: stepLr(config.schedule.every, config.schedule.gamma),
    });
  }

  /**
   * Trains on one batch.
   * @param rollouts for self-critical training: sampled reports of this batch and their advantages
   * @throws Error that names the loss or weight which is not finite; no weight has changed then
   */
  trainStep(batch: ModelBatch, epoch: number, rollouts: Rollouts | null = null): StepLog {
    const { model, config } = this;
    const pass = { training: true, random: new Random(config.seed).split(`step ${this.step}`) } as const;
    const { agent } = model.parts;
    const acting = agent && isTrainableAgent(agent) && this.step % config.agentEvery === 0 ? agent : null;
    const held: Held = { parts: {}, predicted: null, encoded: null, episode: null };
    const act = (encoded: Encoded): RegionMasks => {
      held.encoded = kept(encoded);
      held.episode = acting!.act(encoded, pass.random.split('agent'));
      return held.episode.regions;
    };
    let seen: readonly [Encoded, RegionMasks] | null = null;
    const locate = (encoded: Encoded): RegionMasks => {
      const regions = acting ? act(encoded) : model.locate(encoded);
      seen = [encoded, regions];
      return regions;
    };
    let outcome: ReturnType<typeof valueAndGradients> | null = null;
    try {
      outcome = valueAndGradients(() => {
        const losses = model.losses(this.weighted(batch), pass, locate, config.lossWeights);
        checkLossWeights(config.lossWeights, Object.keys(losses.parts));
        for (const [name, loss] of Object.entries(losses.parts)) held.parts[name] = tf.keep(loss);
        held.predicted = tf.keep(losses.predicted);
        if (!rollouts) return losses.total;
        const [encoded, regions] = seen!;
        const rewarded = rolloutLoss(model, encoded, detached(regions), rollouts, pass);
        held.parts.selfCritical = tf.keep(rewarded);
        const share = config.selfCritical?.weight ?? 1;
        return tf.add(losses.total, tf.mul(tf.sub(rewarded, losses.parts.tokens), share)) as tf.Scalar;
      }, model.trained);
      const log: StepLog = {};
      for (const [name, loss] of Object.entries(held.parts)) log[name] = finite(name, loss, this.step);
      log.loss = finite('total', outcome.value, this.step);
      if (rollouts) {
        log['selfCritical/reward'] = rollouts.sampled;
        log['selfCritical/greedy'] = rollouts.greedy;
      }
      const feedback = held.episode && this.feedback(held, batch, pass);
      this.optimizer.epoch = epoch;
      this.optimizer.step(outcome.gradients);
      if (feedback) {
        const learned = acting!.learn(held.episode!, feedback);
        for (const [name, x] of Object.entries(learned)) log[`agent/${name}`] = x;
      }
      this.step++;
      return log;
    } finally {
      tf.dispose([
        ...Object.values(held.parts),
        ...(outcome ? [outcome.value, ...outcome.gradients.values()] : []),
      ]);
      held.predicted?.dispose();
      if (held.encoded) tf.dispose(tensorsOf(held.encoded));
      held.episode?.dispose();
    }
  }

  private weighted(batch: ModelBatch): ModelBatch {
    const { findingWeight } = this.config;
    if (findingWeight === 1) return batch;
    const tokenWeights = this.findings.weights(batch.tokens, findingWeight);
    return Object.create(batch, { tokenWeights: { value: tokenWeights } }); // labels stay unread unless asked for
  }

  /** Moments and step counts of the main optimiser and of the agent's, by name. */
  state(): Map<string, Float32Array> {
    const state = new Map([...this.optimizer.state()].map(([name, x]) => [`main/${name}`, x]));
    const { agent } = this.model.parts;
    if (agent && isTrainableAgent(agent))
      for (const [name, x] of agent.trainingState()) state.set(`agent/${name}`, x);
    return state;
  }

  /** @throws Error if names or sizes differ from {@link state}'s */
  loadState(state: ReadonlyMap<string, Float32Array>): void {
    const part = (prefix: string) =>
      new Map([...state].filter(([n]) => n.startsWith(prefix)).map(([n, x]) => [n.slice(prefix.length), x]));
    this.optimizer.loadState(part('main/'));
    const { agent } = this.model.parts;
    if (agent && isTrainableAgent(agent)) agent.loadTrainingState(part('agent/'));
  }

  /** Report quality with the sampled masks and, as baseline, with the deterministic ones under the same dropout. */
  private feedback(held: Held, batch: ModelBatch, pass: Pass): AgentFeedback {
    const { model, config } = this;
    const references = referencesOf(batch.tokens, this.decode);
    const quality = this.quality(held.predicted!, references);
    if (!config.agentBaseline) return { quality };
    const greedy = tf.tidy(() => {
      const labels = model.parts.findings ? batch.labels : undefined;
      const logits = model.logitsOf(held.encoded!, model.locate(held.encoded!), batch.tokens, pass, labels);
      return tf.argMax(logits, -1) as tf.Tensor2D;
    });
    const baseline = this.quality(greedy, references);
    greedy.dispose();
    return { quality, baseline };
  }

  /** The agent's reward for each teacher-forced argmax report, `[b]`. @param predicted `[b, t − 1]` */
  private quality(predicted: tf.Tensor2D, references: readonly string[]): Float32Array {
    const n = predicted.shape[1];
    const ids = predicted.dataSync();
    const written = references.map((_, i) => this.decode(ids.subarray(i * n, (i + 1) * n)));
    return Float32Array.from(this.agentReward(references, written));
  }
}

const sentenceBleus: Reward = (references, generated) =>
  references.map((reference, i) => sentenceBleu(reference, generated[i]));

/** Backbone, visual Transformer, text encoder and the rest learn at rates of their own. */
export function parameterGroups(
  parameters: NamedParameters,
  { learningRates }: Pick<TrainingConfig, 'learningRates'>,
): ParameterGroup[] {
  const rates = { ...learningRates, vision: learningRates.vision ?? learningRates.rest };
  const groupOf = (name: string): keyof typeof rates => {
    if (name.startsWith('vision.')) return name.startsWith('vision.backbone.') ? 'backbone' : 'vision';
    return name.startsWith('alignment.encoder.') ? 'text' : 'rest';
  };
  return (['backbone', 'vision', 'text', 'rest'] as const).map((group) => ({
    name: group,
    learningRate: rates[group],
    parameters: new Map([...parameters].filter(([name]) => groupOf(name) === group)),
  }));
}

/** What the encoders made, so that it outlives the gradient tape. */
function kept(encoded: Encoded): Encoded {
  for (const tensor of tensorsOf(encoded)) tf.keep(tensor);
  return encoded;
}

/** @throws Error that names the losses there are, if a weight is meant for another one */
function checkLossWeights(weights: Readonly<Record<string, number>>, losses: readonly string[]): void {
  const unknown = Object.keys(weights).find((name) => !losses.includes(name));
  if (unknown === undefined) return;
  throw new Error(
    `training.lossWeights.${unknown}: expected one of the model's losses (${losses.join(', ')}), found no such loss`,
  );
}

function finite(name: string, scalar: tf.Tensor, step: number): number {
  const [x] = scalar.dataSync();
  if (!Number.isFinite(x))
    throw new Error(`training step ${step}: the loss "${name}" is ${x}, expected a finite number`);
  return x;
}
