import {
  type AgentInput,
  type Alignment,
  type ContextEncoder,
  crossEntropy,
  disposeParameters,
  type FindingHead,
  type FindingLabels,
  type FindingReading,
  type Fusion,
  isDifferentiableAgent,
  isTrainableAgent,
  joinMemories,
  type LossInput,
  type Memory,
  type Module,
  type NamedParameters,
  onlyPresent,
  type Pass,
  type PatchFeatures,
  patchMemory,
  prefixed,
  REGIONS,
  type RegionAgent,
  type RegionMasks,
  type RelaxedRegions,
  type ReportDecoder,
  type StudyInput,
  type TokenBatch,
  targetsOf,
  type Views,
  type VisionEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** The slots. Null or absent: no context, no findings, no agent = all patches, no alignment = no loss, no fusion = identity. */
export interface ModelParts {
  readonly vision: VisionEncoder;
  readonly context?: ContextEncoder | null;
  readonly agent: RegionAgent | null;
  readonly alignment: Alignment | null;
  readonly fusion: Fusion | null;
  readonly findings?: FindingHead | null;
  readonly decoder: ReportDecoder;
}

/** One batch as the model sees it: what it may read, and the truth that its losses compare with. */
export interface ModelBatch {
  readonly study: StudyInput;
  readonly tokens: TokenBatch;
  /** Per study, per sentence: indices of the regions it speaks of. */
  readonly sentenceRegions: readonly (readonly (readonly number[])[])[];
  /** How much each token counts in the token cross-entropy, `[b, t]`; 1 each where absent. */
  readonly tokenWeights?: Float32Array;
  /** What the reports say of each finding; may be worked out when it is asked for. */
  readonly labels?: FindingLabels;
  /** Word of token id i + 1. */
  readonly words?: readonly string[];
}

/** Studies that the encoders have read. */
export interface Encoded {
  /** The pictures themselves, for an agent with eyes of its own. */
  readonly views: Views;
  readonly features: PatchFeatures;
  /** Null without a context module. */
  readonly context: Memory | null;
}

/** What a report is written from. */
export interface Readable {
  readonly memory: Memory;
  /** Embedded words before the report, `[b, q, d]`; null: none. */
  readonly prefix: tf.Tensor3D | null;
  /** What the finding head said; null without one. */
  readonly reading: FindingReading | null;
}

/** Scalars of one forward pass. */
export interface Losses {
  readonly total: tf.Scalar;
  /** `tokens` and those of all modules that have losses, before weighting. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** Most probable next token at every position, `[b, t − 1]`, no gradient. */
  readonly predicted: tf.Tensor2D;
}

/** RACA, or whatever its slots hold: studies in, losses or a memory for the decoder out. */
export class Raca {
  /** All weights, named `vision.…`, `agent.…`, `alignment.…`, `fusion.…`, `decoder.…`, and so on by slot. */
  readonly parameters: NamedParameters;

  /**
   * @param separator id of the "." token, which ends a sentence
   * @param unknown id of `<unk>`, which is not written unless asked; null where the vocabulary has none
   * @throws Error for an agent that looks at images in a model that reads stored features
   */
  constructor(
    readonly parts: ModelParts,
    readonly separator: number,
    readonly unknown: number | null = null,
    /** r, number of regions. */
    readonly regions: number = REGIONS.length,
  ) {
    const { agent, vision } = parts;
    if (agent?.reads === 'images' && vision.backbone === null) {
      throw new Error(
        'model.agent: looks at images, and the model reads stored features (model.backbone is null); ' +
          'take an agent that reads features',
      );
    }
    this.parameters = new Map(this.slots.flatMap(([name, module]) => [...prefixed(name, module.parameters)]));
  }

  private get slots(): [name: string, module: Module][] {
    return Object.entries(this.parts).filter(([, module]) => module) as [string, Module][];
  }

  /** Weights trained by the losses; a trainable agent learns by itself. */
  get trained(): NamedParameters {
    const { agent } = this.parts;
    const own = agent && isTrainableAgent(agent) ? 'agent.' : null;
    return new Map([...this.parameters].filter(([name]) => !(own && name.startsWith(own))));
  }

  /** Encodes pictures, and what the context module reads besides. */
  encode(study: StudyInput, pass: Pass): Encoded {
    const { vision, context } = this.parts;
    const features = vision.encode(study.views, pass);
    if (!context) return { views: study.views, features, context: null };
    const own = streamOf(pass, 'context');
    const prior = context.reads.includes('prior') && study.prior ? study.prior : null;
    const read = {
      current: features,
      prior: prior && { features: vision.encode(prior.views, streamOf(pass, 'prior')), days: prior.days },
      texts: study.texts ?? {},
      ids: study.ids ?? null,
    };
    return { views: study.views, features, context: context.encode(read, own) };
  }

  /** Regions of encoded studies at inference; all patches that are there without an agent. */
  locate({ features, views }: AgentInput): RegionMasks {
    if (this.parts.agent) return this.counted(this.parts.agent.locate({ features, views }));
    const [b, p] = features.patches.shape;
    const all = (): tf.Tensor3D =>
      tf.tidy(() => onlyPresent(tf.ones<tf.Rank.R3>([b, this.regions, p]), features.present, 2));
    return { masks: all(), probabilities: all() };
  }

  /** In training: masks of an agent that the losses train; null for other agents. */
  private relaxed({ features, views }: AgentInput, pass: Pass): RelaxedRegions | null {
    const { agent } = this.parts;
    if (!pass.training || !agent || !isDifferentiableAgent(agent)) return null;
    return this.counted(
      agent.relax({ features, views }, { training: true, random: pass.random.split('agent') }),
    );
  }

  /** @throws Error for masks that do not have the regions of another set than the 12 */
  private counted<T extends RegionMasks>(found: T): T {
    const [, r] = found.masks.shape;
    if (r === this.regions || this.regions === REGIONS.length) return found;
    throw new Error(`model.agent: expected masks of ${this.regions} regions (see model.regions), found ${r}`);
  }

  /**
   * What the decoder reads.
   * @param labels the truth, in training alone, for a finding head that teaches the decoder with it
   */
  read({ features, context }: Encoded, { masks }: RegionMasks, pass: Pass, labels?: FindingLabels): Readable {
    const { fusion, findings } = this.parts;
    const fused = fusion ? fusion.fuse({ features, masks, context }, pass) : patchMemory(features);
    const memory = context && !fusion?.joinsContext ? joinMemories([fused, context]) : fused;
    if (!findings) return { memory, prefix: null, reading: null };
    const truth = pass.training && labels ? { labels } : {};
    const reading = findings.read({ features, masks, memory, ...truth }, streamOf(pass, 'findings'));
    return { memory: reading.memory ?? memory, prefix: reading.prefix ?? null, reading };
  }

  /**
   * Token cross-entropy by teacher forcing plus the losses of the modules.
   * @param weights of the losses by name, 1 where absent
   */
  losses(batch: ModelBatch, pass: Pass, weights: Readonly<Record<string, number>> = {}): Losses {
    const encoded = this.encode(batch.study, pass);
    return this.lossesOf(encoded, this.locate(encoded), batch, pass, weights);
  }

  /**
   * {@link losses} of studies that are encoded already.
   * @param regions found or sampled on them; no gradient flows through them. In training a differentiable agent gives masks
   *   of its own instead, through which it does, and losses of its own
   */
  lossesOf(
    encoded: Encoded,
    regions: RegionMasks,
    batch: ModelBatch,
    pass: Pass,
    weights: Readonly<Record<string, number>> = {},
  ): Losses {
    const { decoder } = this.parts;
    const located = detached(regions);
    const relaxed = this.relaxed(encoded, pass);
    const masked = relaxed ?? located;
    const labels = this.parts.findings ? batch.labels : undefined;
    const { logits, readable } = this.written(encoded, masked, batch.tokens, pass, labels);
    const { targets, counted } = targetsOf(batch.tokens, batch.tokenWeights);
    const flat = tf.reshape(logits, [-1, decoder.vocabularySize]) as tf.Tensor2D;
    const parts: Record<string, tf.Scalar> = { tokens: crossEntropy(flat, targets, counted) };
    let total = weights.tokens === undefined ? parts.tokens : tf.mul(parts.tokens, weights.tokens);
    for (const [name, loss] of [
      ...Object.entries(relaxed?.losses ?? {}),
      ...this.moduleLosses(encoded, masked, readable, batch, pass),
    ]) {
      if (Object.hasOwn(parts, name)) throw new Error(`losses: two modules have a loss named "${name}"`);
      parts[name] = loss;
      total = tf.add(total, tf.mul(loss, weights[name] ?? 1));
    }
    return { total: total as tf.Scalar, parts, predicted: tf.argMax(logits, -1) as tf.Tensor2D };
  }

  /** Losses of the finding head alone: what encoder and head learn from while nothing is written. */
  findingLosses(
    encoded: Encoded,
    { masks }: RegionMasks,
    batch: ModelBatch,
    pass: Pass,
    weights: Readonly<Record<string, number>> = {},
  ): Pick<Losses, 'total' | 'parts'> & { readonly reading: FindingReading } {
    const { findings } = this.parts;
    const { labels } = batch;
    if (!findings || !labels)
      throw new Error('findingLosses: expected a finding head and labels, found none');
    const memory = patchMemory(encoded.features);
    const own = streamOf(pass, 'findings');
    const reading = findings.read({ features: encoded.features, masks, memory, labels }, own);
    const parts = findings.losses(this.lossInput(encoded, masks, { memory, reading }, batch, pass), own);
    const weighed = Object.entries(parts).map(([name, loss]) => tf.mul(loss, weights[name] ?? 1));
    return { total: tf.addN(weighed) as tf.Scalar, parts, reading };
  }

  /** Losses of every module that has some. */
  private moduleLosses(
    encoded: Encoded,
    { masks }: RegionMasks,
    readable: Readable,
    batch: ModelBatch,
    pass: Pass,
  ): [name: string, loss: tf.Scalar][] {
    const withLosses = this.slots.filter(([, module]) => module.losses);
    if (withLosses.length === 0) return [];
    const input = this.lossInput(encoded, masks, readable, batch, pass);
    return withLosses.flatMap(([, module]) => Object.entries(module.losses!(input, pass)));
  }

  private lossInput(
    { features, context }: Encoded,
    masks: tf.Tensor3D,
    { memory, reading }: Pick<Readable, 'memory' | 'reading'>,
    batch: ModelBatch,
    pass: Pass,
  ): LossInput {
    const { tokens, sentenceRegions, study } = batch;
    const { decoder, agent } = this.parts;
    let embedded: tf.Tensor3D | undefined;
    return {
      tokens,
      get embedded() {
        embedded ??= decoder.embed(tokens, pass);
        return embedded;
      },
      features,
      masks: agent ? masks : null,
      separator: this.separator,
      sentenceRegions,
      study,
      context,
      memory,
      reading,
      get labels() {
        return batch.labels;
      },
      words: batch.words,
    };
  }

  /**
   * Logits `[b, t − 1, V]` of every token from the one before. In training its dropout has a stream of its own,
   * so that two sets of masks can be compared under the same dropout.
   */
  logitsOf(
    encoded: Encoded,
    regions: RegionMasks,
    tokens: TokenBatch,
    pass: Pass,
    labels?: FindingLabels,
  ): tf.Tensor3D {
    return this.written(encoded, regions, tokens, pass, labels).logits;
  }

  private written(
    encoded: Encoded,
    regions: RegionMasks,
    tokens: TokenBatch,
    pass: Pass,
    labels?: FindingLabels,
  ): { readonly logits: tf.Tensor3D; readonly readable: Readable } {
    const own = streamOf(pass, 'decoder');
    const readable = this.read(encoded, regions, own, labels);
    return { logits: this.forced(readable, withoutLast(tokens), own), readable };
  }

  /** Logits by teacher forcing on what is read. */
  forced({ memory, prefix }: Readable, tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    return this.parts.decoder.logits(memory, tokens, pass, prefix ? { prefix } : undefined);
  }

  dispose(): void {
    for (const [, module] of this.slots) module.dispose();
    disposeParameters(this.parameters);
  }
}

/** The pass with a random stream of its own. */
const streamOf = (pass: Pass, name: string): Pass =>
  pass.training ? { training: true, random: pass.random.split(name) } : pass;

/** The same values without their history: what follows is no function of what made them. */
export function detached({ masks, probabilities }: RegionMasks): RegionMasks {
  return { masks: tf.tensor3d(masks.dataSync() as Float32Array, masks.shape), probabilities };
}

/** Tokens without the last column: the decoder's input in teacher forcing. */
export function withoutLast({ ids, shape: [b, t] }: TokenBatch): TokenBatch {
  const out = new Int32Array(b * (t - 1));
  for (let i = 0; i < b; i++) out.set(ids.subarray(i * t, (i + 1) * t - 1), i * (t - 1));
  return { ids: out, shape: [b, t - 1] };
}
