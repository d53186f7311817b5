import {
  type Attention,
  applyFeedForward,
  attention,
  embedding,
  type FeedForward,
  feedForward,
  type Initializer,
  type Linear,
  linearUniform,
  type NamedParameters,
  type Norm,
  norm,
  orthogonal,
  Parameters,
  type Pass,
  type Random,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { ParsedConfig } from './config';

/** Maps `[b, t, d]` to `[b, t, d]`, each position for itself: the last part of a layer. */
export type PositionWise = (x: tf.Tensor3D, rate: number, pass: Pass) => tf.Tensor3D;

/** One layer: two attentions and what every position does for itself, each after a norm. */
export interface LayerParts {
  readonly selfAttention: Attention;
  readonly crossAttention: Attention;
  readonly positionWise: PositionWise;
  readonly norms: readonly [Norm, Norm, Norm];
}

/** Weights of one layer. */
export interface DecoderLayer extends LayerParts {
  readonly feedForward: FeedForward;
}

/** Weights of the whole decoder. */
export interface DecoderWeights<Layer extends LayerParts = DecoderLayer> {
  /** Token table `[V, d]`. */
  readonly embedding: tf.Variable;
  readonly layers: readonly Layer[];
  readonly norm: Norm;
  /** d → V */
  readonly output: Linear;
  readonly parameters: NamedParameters;
}

/**
 * What `raca` changes of orthogonal first values: the token table ends at size 1/2 after the factor √d, below the
 * positions (rms 0.7); the last matrix of each of the 3 branches of a layer is divided by √(3·layers), so that all
 * branches together begin as large as one; the output layer is doubled. On a toy language (8 facts in 24 patches,
 * 32 tokens, d = 64, 3 layers, the published optimiser, 160 steps of 16) the held-out cross-entropy was 0.05 nats
 * against 0.19 for `published`, 0.78 with a standard normal table and 0.55 with a small output layer.
 */
const TABLE_SIZE = 0.5;
const OUTPUT_SCALE = 2;

/** The last part of a layer, and its last matrix. */
export type LastPart<Extra> = Extra & { readonly positionWise: PositionWise; readonly last: tf.Variable };

/** Weights `embedding.weight`, `layers.<i>.{selfAttention,crossAttention,feedForward,norms.<k>}`, `norm`, `output`. */
export const decoderWeights = (config: ParsedConfig, random: Random): DecoderWeights =>
  weightsWith(config, random, (p) => {
    const f = feedForward(p.scope('feedForward'), config.width, config.feedForward, orthogonal);
    return {
      feedForward: f,
      positionWise: (x, rate, pass) => applyFeedForward(f, x, rate, pass),
      last: f.outer.weight,
    };
  });

/** The same with another last part in every layer. @param part makes its weights in the scope of a layer */
export function weightsWith<Extra>(
  config: ParsedConfig,
  random: Random,
  part: (p: Parameters) => LastPart<Extra>,
): DecoderWeights<LayerParts & LastPart<Extra>> {
  const { width: d, heads, vocabularySize: V } = config;
  const own = config.variant === 'raca';
  const p = Parameters.create(random);
  const table = own
    ? embedding(p.scope('embedding'), V, d, TABLE_SIZE / Math.sqrt(d))
    : p.scope('embedding').add('weight', [V, d], orthogonal);
  const layers = Array.from({ length: config.layers }, (_, i) => {
    const s = p.scope('layers').scope(i);
    const makeNorm = (k: number): Norm => norm(s.scope('norms').scope(k), d);
    return {
      selfAttention: attention(s.scope('selfAttention'), d, heads, orthogonal),
      crossAttention: attention(s.scope('crossAttention'), d, heads, orthogonal),
      ...part(s),
      norms: [makeNorm(0), makeNorm(1), makeNorm(2)] as const,
    };
  });
  if (own) {
    const factor = 1 / Math.sqrt(3 * config.layers);
    for (const { selfAttention, crossAttention, last } of layers) {
      for (const weight of [selfAttention.output.weight, crossAttention.output.weight, last]) {
        const smaller = tf.mul(weight, factor);
        weight.assign(smaller);
        smaller.dispose();
      }
    }
  }
  const last = norm(p.scope('norm'), d);
  const o = p.scope('output');
  const output = {
    weight: o.add('weight', [d, V], own ? scaled(OUTPUT_SCALE, orthogonal) : orthogonal),
    bias: o.add('bias', [V], own ? zeros : linearUniform(d)),
  };
  return { embedding: table, layers, norm: last, output, parameters: p.all };
}

const scaled =
  (factor: number, initializer: Initializer): Initializer =>
  (shape, random) =>
    initializer(shape, random).map((x) => factor * x);
