import {
  type Attention,
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
  type Random,
  zeros,
} from '@raca/core';
import type { Variable } from '@tensorflow/tfjs-core';
import type { ParsedConfig } from './config';

/** Weights of one layer. */
export interface DecoderLayer {
  readonly selfAttention: Attention;
  readonly crossAttention: Attention;
  readonly feedForward: FeedForward;
  readonly norms: readonly [Norm, Norm, Norm];
}

/** Weights of the whole decoder. */
export interface DecoderWeights {
  /** Token table `[V, d]`. */
  readonly embedding: Variable;
  readonly layers: readonly DecoderLayer[];
  readonly norm: Norm;
  /** d → V */
  readonly output: Linear;
  readonly parameters: NamedParameters;
}

/** Weights `embedding.weight`, `layers.<i>.{selfAttention,crossAttention,feedForward,norms.<k>}`, `norm`, `output`. */
export function decoderWeights(config: ParsedConfig, random: Random): DecoderWeights {
  const { width: d, heads, feedForward: ff, vocabularySize: V } = config;
  const own = config.variant === 'raca';
  const p = Parameters.create(random);
  const table = own
    ? embedding(p.scope('embedding'), V, d, 1 / Math.sqrt(d))
    : p.scope('embedding').add('weight', [V, d], orthogonal);
  const layers = Array.from({ length: config.layers }, (_, i): DecoderLayer => {
    const s = p.scope('layers').scope(i);
    const makeNorm = (k: number): Norm => norm(s.scope('norms').scope(k), d);
    return {
      selfAttention: attention(s.scope('selfAttention'), d, heads, orthogonal),
      crossAttention: attention(s.scope('crossAttention'), d, heads, orthogonal),
      feedForward: feedForward(s.scope('feedForward'), d, ff, orthogonal),
      norms: [makeNorm(0), makeNorm(1), makeNorm(2)],
    };
  });
  const last = norm(p.scope('norm'), d);
  const o = p.scope('output');
  const output = {
    weight: o.add('weight', [d, V], own ? scaled(0.1, orthogonal) : orthogonal),
    bias: o.add('bias', [V], own ? zeros : linearUniform(d)),
  };
  return { embedding: table, layers, norm: last, output, parameters: p.all };
}

const scaled =
  (factor: number, initializer: Initializer): Initializer =>
  (shape, random) =>
    initializer(shape, random).map((x) => factor * x);
