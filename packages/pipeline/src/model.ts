import {
  type Alignment,
  crossEntropy,
  disposeParameters,
  type Fusion,
  isDifferentiableAgent,
  isTrainableAgent,
  type NamedParameters,
  type Pass,
  type PatchFeatures,
  prefixed,
  REGIONS,
  type RegionAgent,
  type RegionMasks,
  type RelaxedRegions,
  type ReportDecoder,
  type TokenBatch,
  type VisionEncoder,
  type VisionInput,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** The five slots. Null: no agent = all patches, no alignment = no loss, no fusion = identity. */
export interface ModelParts {
  readonly vision: VisionEncoder;
  readonly agent: RegionAgent | null;
  readonly alignment: Alignment | null;
  readonly fusion: Fusion | null;
  readonly decoder: ReportDecoder;
}

/** One batch as the model sees it. */
export interface ModelBatch {
  readonly vision: VisionInput;
  readonly tokens: TokenBatch;
  /** Per study, per sentence: indices of the regions it speaks of. */
  readonly sentenceRegions: readonly (readonly (readonly number[])[])[];
  /** How much each token counts in the token cross-entropy, `[b, t]`; 1 each where absent. */
  readonly tokenWeights?: Float32Array;
}

/** Scalars of one forward pass. */
export interface Losses {
  readonly total: tf.Scalar;
  /** `tokens` and those of the alignment and of a differentiable agent, before weighting. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** Most probable next token at every position, `[b, t − 1]`, no gradient. */
  readonly predicted: tf.Tensor2D;
}

/** RACA, or whatever its slots hold: images in, losses or memory for the decoder out. */
export class Raca {
  /** All weights, named `vision.…`, `agent.…`, `alignment.…`, `fusion.…`, `decoder.…`. */
  readonly parameters: NamedParameters;

  /**
   * @param separator id of the "." token, which ends a sentence
   * @param unknown id of `<unk>`, which is not written unless asked; null where the vocabulary has none
   */
  constructor(
    readonly parts: ModelParts,
    readonly separator: number,
    readonly unknown: number | null = null,
  ) {
    const slots = Object.entries(parts).filter(([, module]) => module !== null);
    this.parameters = new Map(slots.flatMap(([name, module]) => [...prefixed(name, module.parameters)]));
  }

  /** Weights trained by the losses; a trainable agent learns by itself. */
  get trained(): NamedParameters {
    const { agent } = this.parts;
    const own = agent && isTrainableAgent(agent) ? 'agent.' : null;
    return new Map([...this.parameters].filter(([name]) => !(own && name.startsWith(own))));
  }

  /** Regions of encoded patches at inference; all patches without an agent. */
  locate(features: PatchFeatures): RegionMasks {
    if (this.parts.agent) return this.parts.agent.locate(features);
    const [b, p] = features.patches.shape;
    return { masks: tf.ones([b, REGIONS.length, p]), probabilities: tf.ones([b, REGIONS.length, p]) };
  }

  /** In training: masks of an agent that the losses train; null for other agents. */
  private relaxed(features: PatchFeatures, pass: Pass): RelaxedRegions | null {
    const { agent } = this.parts;
    if (!pass.training || !agent || !isDifferentiableAgent(agent)) return null;
    return agent.relax(features, { training: true, random: pass.random.split('agent') });
  }

  /** What the decoder reads, `[b, p, d]`. */
  memory(features: PatchFeatures, regions: RegionMasks, pass: Pass): tf.Tensor3D {
    const { fusion } = this.parts;
    return fusion ? fusion.fuse(features.patches, regions.masks, pass) : features.patches;
  }

  /**
   * Token cross-entropy by teacher forcing plus the alignment's losses.
   * @param locate finds or samples the masks; no gradient flows through them. In training a differentiable agent
   *   gives masks of its own instead, through which it does, and losses of its own
   * @param weights of the alignment's and the agent's losses by name, 1 where absent
   */
  losses(
    batch: ModelBatch,
    pass: Pass,
    locate: (features: PatchFeatures) => RegionMasks = (features) => this.locate(features),
    weights: Readonly<Record<string, number>> = {},
  ): Losses {
    const features = this.parts.vision.encode(batch.vision, pass);
    return this.lossesOf(features, locate(features), batch, pass, weights);
  }

  /** {@link losses} of studies that are encoded already, with the masks found on them. */
  lossesOf(
    features: PatchFeatures,
    regions: RegionMasks,
    batch: Omit<ModelBatch, 'vision'>,
    pass: Pass,
    weights: Readonly<Record<string, number>> = {},
  ): Losses {
    const { alignment, decoder } = this.parts;
    const located = detached(regions);
    const relaxed = this.relaxed(features, pass);
    const masked = relaxed ?? located;
    const logits = this.logitsOf(features, masked, batch.tokens, pass);
    const { targets, counted } = targetsOf(batch.tokens, batch.tokenWeights);
    const flat = tf.reshape(logits, [-1, decoder.vocabularySize]) as tf.Tensor2D;
    const parts: Record<string, tf.Scalar> = { tokens: crossEntropy(flat, targets, counted) };
    let total = parts.tokens;
    for (const [name, loss] of Object.entries(relaxed?.losses ?? {})) {
      parts[name] = loss;
      total = tf.add(total, tf.mul(loss, weights[name] ?? 1));
    }
    if (alignment) {
      const aligned = alignment.losses(
        {
          tokens: batch.tokens,
          embedded: decoder.embed(batch.tokens, pass),
          patches: features.patches,
          masks: this.parts.agent ? masked.masks : null,
          separator: this.separator,
          sentenceRegions: batch.sentenceRegions,
        },
        pass,
      );
      for (const [name, loss] of Object.entries(aligned)) {
        parts[name] = loss;
        total = tf.add(total, tf.mul(loss, weights[name] ?? 1));
      }
    }
    return { total, parts, predicted: tf.argMax(logits, -1) as tf.Tensor2D };
  }

  /**
   * Logits `[b, t − 1, V]` of every token from the one before. In training its dropout has a stream of its own,
   * so that two sets of masks can be compared under the same dropout.
   */
  logitsOf(features: PatchFeatures, regions: RegionMasks, tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    const own: Pass = pass.training ? { training: true, random: pass.random.split('decoder') } : pass;
    return this.parts.decoder.logits(this.memory(features, regions, own), withoutLast(tokens), own);
  }

  dispose(): void {
    for (const module of Object.values(this.parts)) module?.dispose();
    disposeParameters(this.parameters);
  }
}

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

/**
 * What each position has to predict, and how much that counts where it is a word or the report's end; 0 on padding.
 * @param weights of the tokens, `[b, t]`; 1 each where absent
 */
export function targetsOf(
  { ids, shape: [b, t] }: TokenBatch,
  weights?: Float32Array,
): {
  targets: Int32Array;
  counted: Float32Array;
} {
  const n = t - 1;
  const targets = new Int32Array(b * n);
  const counted = new Float32Array(b * n);
  for (let i = 0; i < b; i++) {
    let ended = false;
    for (let j = 0; j < n; j++) {
      const id = ids[i * t + j + 1];
      targets[i * n + j] = id;
      counted[i * n + j] = ended ? 0 : (weights?.[i * t + j + 1] ?? 1);
      ended ||= id === 0;
    }
  }
  return { targets, counted };
}
