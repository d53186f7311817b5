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
  type TrainableRegionAgent,
  valueAndGradients,
} from '@raca/core';
import { type Reward, sentenceBleu } from '@raca/metrics';
import * as tf from '@tensorflow/tfjs-core';
import { eyesEpochs, type TrainingConfig } from './config';
import { FindingWeights } from './finding-weights';
import { tensorsOf } from './generate';
import { detached, type Encoded, type Losses, type ModelBatch, type Raca } from './model';
import { policyObjectiveOf } from './policy-objective';
import { type Preferences, preferenceLoss, preferenceObjectiveOf } from './preference';
import { type RolloutLearning, type Rollouts, referencesOf, rolloutLoss } from './self-critical';

/** Numbers of one training step, by name. */
export type StepLog = Record<string, number>;

/** Turns token ids into the text that report quality is measured on. */
export type Decode = (ids: ArrayLike<number>) => string;

type TrainingPass = Extract<Pass, { training: true }>;

/** What one step computes; it outlives the gradient tape until it is disposed. */
interface Forward {
  /** What the gradient is of. */
  readonly loss: tf.Scalar;
  /** Losses before weighting, by name. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** Most probable next token at every position, `[b, t − 1]`; null where nothing is written. */
  readonly predicted: tf.Tensor2D | null;
  /** What a trainable agent did; null in steps in which it only finds the regions. */
  readonly acted: Acted | null;
  dispose(): void;
}

/** What a batch is learned from beside its reports. */
export type Guide = Rollouts | Preferences;

/** What the loss of a guide reads. */
interface Guided {
  readonly encoded: Encoded;
  readonly regions: RegionMasks;
  readonly pass: TrainingPass;
  readonly learning: Pick<RolloutLearning, 'old' | 'onPolicy'>;
}

interface Acted {
  readonly agent: TrainableRegionAgent;
  readonly encoded: Encoded;
  readonly episode: AgentEpisode;
}

/**
 * One optimiser step at a time. Everything random in a step comes from (seed, step), so training goes on
 * after a break exactly as without it.
 */
export class Trainer {
  readonly optimizer: Adam;
  private readonly findings: FindingWeights;
  private readonly objectives;
  /** Steps done. */
  step = 0;

  constructor(
    readonly model: Raca,
    readonly config: TrainingConfig,
    private readonly decode: Decode,
    /** Report quality that the agent learns from. */
    private readonly agentReward: Reward = sentenceBleus,
    /** Longest report in tokens; what Dr. GRPO and EditGRPO divide by. */
    maxLength = 100,
  ) {
    this.findings = new FindingWeights(model.separator, decode);
    const { selfCritical, preference } = config;
    this.objectives = {
      policy: selfCritical && policyObjectiveOf(selfCritical, maxLength),
      preference: preference && preferenceObjectiveOf(preference),
    };
    this.optimizer = new Adam(parameterGroups(model.trained, config), {
      amsgrad: config.amsgrad,
      weightDecay: config.weightDecay,
      clipValue: config.clipValue,
      schedule: stepLr(config.schedule.every, config.schedule.gamma),
    });
  }

  /**
   * Trains on one batch.
   * @param guide for self-critical training sampled reports of this batch and what they earned, for training on preferences
   *   its pairs
   * @throws Error that names the loss or weight which is not finite; no weight has changed then, or only by earlier passes
   */
  trainStep(batch: ModelBatch, epoch: number, guide: Guide | null = null): StepLog {
    const passes = guide && 'rewards' in guide ? (this.config.selfCritical?.passes ?? 1) : 1;
    let old: Float32Array | null = null;
    const onPolicy = (now: Float32Array): void => {
      old ??= now;
    };
    let log = this.update(batch, epoch, guide, passes > 1 ? { onPolicy } : {});
    for (let i = 1; i < passes; i++) log = this.update(batch, epoch, guide, { old });
    this.step++;
    return log;
  }

  /** One optimiser step. */
  private update(
    batch: ModelBatch,
    epoch: number,
    guide: Guide | null,
    learning: Pick<RolloutLearning, 'old' | 'onPolicy'>,
  ): StepLog {
    const pass = { training: true, random: new Random(this.config.seed).split(`step ${this.step}`) } as const;
    const eyes = eyesEpochs(this.model.parts, this.config);
    const forward =
      epoch < eyes ? () => this.look(batch, pass) : () => this.forward(batch, pass, guide, learning);
    const done = differentiated(forward, this.model.trained);
    try {
      const log = this.logOf(done, guide);
      const { acted, predicted } = done;
      const feedback = acted && predicted && this.feedback(acted, predicted, batch, pass);
      this.optimizer.epoch = Math.max(0, epoch - eyes);
      this.optimizer.step(done.gradients);
      if (feedback) {
        const learned = acted.agent.learn(acted.episode, feedback);
        for (const [name, x] of Object.entries(learned)) log[`agent/${name}`] = x;
      }
      return log;
    } finally {
      done.dispose();
    }
  }

  /** Encodes, finds or samples the regions, and compares what is written from them with the truth. */
  private forward(
    batch: ModelBatch,
    pass: TrainingPass,
    guide: Guide | null,
    learning: Pick<RolloutLearning, 'old' | 'onPolicy'>,
  ): Forward {
    const { model, config } = this;
    const weighted = this.weighted(batch);
    const encoded = model.encode(weighted.study, pass);
    const agent = this.actingAgent();
    const episode = agent?.act(encoded, pass.random.split('agent'));
    try {
      const regions = episode?.regions ?? model.locate(encoded);
      const losses = model.lossesOf(encoded, regions, weighted, pass, config.lossWeights);
      const { total, parts, predicted } = guide
        ? this.guided(losses, guide, { encoded, regions: detached(regions), pass, learning })
        : losses;
      const acted = agent && episode ? { agent, encoded, episode } : null;
      const kept = [...Object.values(parts), predicted, ...(acted ? tensorsOf(encoded) : [])].map(tf.keep);
      const dispose = (): void => {
        tf.dispose(kept);
        episode?.dispose();
      };
      return { loss: total, parts, predicted, acted, dispose };
    } catch (error) {
      episode?.dispose();
      throw error;
    }
  }

  /** Encodes, and compares what the finding head says with the labels: see `eyesFirst`. */
  private look(batch: ModelBatch, pass: TrainingPass): Forward {
    const { model, config } = this;
    const encoded = model.encode(batch.study, pass);
    const regions = model.locate(encoded);
    const { total, parts } = model.findingLosses(encoded, regions, batch, pass, config.lossWeights);
    const kept = Object.values(parts).map(tf.keep);
    return { loss: total, parts, predicted: null, acted: null, dispose: () => tf.dispose(kept) };
  }

  /** `weight · loss of the guide` takes the place of as much of the tokens' own loss. */
  private guided(losses: Losses, guide: Guide, { encoded, regions, pass, learning }: Guided): Losses {
    const { model, objectives, config } = this;
    if ('rewards' in guide) {
      const learned = { ...learning, objective: objectives.policy };
      const loss = rolloutLoss(model, encoded, regions, guide, pass, learned);
      return withShare(losses, 'selfCritical', loss, config.selfCritical?.weight ?? 1);
    }
    const { preference } = objectives;
    if (!preference) throw new Error('training.preference: expected an objective for pairs, found none');
    const loss = preferenceLoss(model, encoded, regions, guide, preference, pass);
    return withShare(losses, 'preference', loss, config.preference?.weight ?? 1);
  }

  /** The agent, in steps in which it tries something and learns from it. */
  private actingAgent(): TrainableRegionAgent | null {
    const { agent } = this.model.parts;
    return agent && isTrainableAgent(agent) && this.step % this.config.agentEvery === 0 ? agent : null;
  }

  /** @throws Error that names the first loss which is not finite, or a weight that is meant for no loss */
  private logOf({ loss, parts, predicted }: Forward, guide: Guide | null): StepLog {
    if (predicted) checkLossWeights(this.config.lossWeights, Object.keys(parts));
    const log: StepLog = {};
    for (const [name, part] of Object.entries(parts)) log[name] = finite(name, part, this.step);
    log.loss = finite('total', loss, this.step);
    if (!predicted) return log;
    if (guide && 'rewards' in guide) {
      log['selfCritical/reward'] = guide.sampled;
      log['selfCritical/greedy'] = guide.greedy;
      log['selfCritical/length'] = guide.length;
      log['selfCritical/distinct'] = guide.distinct;
    } else if (guide) log['preference/pairs'] = guide.studies.length;
    return log;
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
  private feedback(
    { encoded }: Acted,
    predicted: tf.Tensor2D,
    batch: ModelBatch,
    pass: TrainingPass,
  ): AgentFeedback {
    const { model, config } = this;
    const references = referencesOf(batch.tokens, this.decode);
    const quality = this.quality(predicted, references);
    if (!config.agentBaseline) return { quality };
    const greedy = tf.tidy(() => {
      const labels = model.parts.findings ? batch.labels : undefined;
      const logits = model.logitsOf(encoded, model.locate(encoded), batch.tokens, pass, labels);
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

/** What a step computed, and the gradients of its loss; `dispose` frees both. */
function differentiated(forward: () => Forward, parameters: NamedParameters) {
  let done: Forward | undefined;
  try {
    const { value, gradients } = valueAndGradients(() => {
      done = forward();
      return done.loss;
    }, parameters);
    const computed = done!;
    const dispose = (): void => {
      tf.dispose([value, ...gradients.values()]);
      computed.dispose();
    };
    return { ...computed, loss: value, gradients, dispose };
  } catch (error) {
    done?.dispose(); // the gradient failed
    throw error;
  }
}

/** `share · loss` takes the place of as much of the tokens' own loss. */
function withShare(losses: Losses, name: string, loss: tf.Scalar, share: number): Losses {
  const total = tf.add(losses.total, tf.mul(tf.sub(loss, losses.parts.tokens), share)) as tf.Scalar;
  return { ...losses, parts: { ...losses.parts, [name]: loss }, total };
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
