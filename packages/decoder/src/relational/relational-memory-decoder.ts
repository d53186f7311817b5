import {
  type AttentiveDecoder,
  applyLinear,
  applyNorm,
  checkMemory,
  type DecoderState,
  type DecodingOptions,
  disposeParameters,
  EVALUATION,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  orthogonal,
  Parameters,
  type Pass,
  type Random,
  type StartOptions,
  type TokenBatch,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { crossAttention } from '../attention-weights';
import { type LayerNorm, runLayers, seenOf, stepLayers } from '../layer-stack';
import { afterPrefix, prefixOf, withoutPrefix } from '../prefix';
import { RowState } from '../row-state';
import { embed, targetBias } from '../teacher-forcing';
import { checkRows, checkTokens } from '../token-checks';
import { type DecoderWeights, decoderWeights } from '../weights';
import { applyConditionalNorm, type ConditionalNorm, conditionalNorm } from './conditional-norm';
import {
  type ParsedRelationalConfig,
  type RelationalMemoryDecoderConfig,
  relationalMemoryDecoderConfigSchema,
} from './config';
import { firstMemory, type RelationalMemory, relationalMemory, unrollMemory } from './relational-memory';

/** The decoder with a look inside. */
export interface RelationalMemoryReportDecoder extends AttentiveDecoder {
  /** The relational memory after every token, `[b, t, s·d]`; for analysis and parity checks. */
  memories(tokens: TokenBatch, pass: Pass): tf.Tensor3D;
}

const WHO = 'relationalMemoryDecoder';

class RelationalMemoryDecoder implements RelationalMemoryReportDecoder {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly vocabularySize: number;
  readonly width: number;
  private readonly weights: DecoderWeights;
  private readonly relational: RelationalMemory;
  /** Per layer. */
  private readonly norms: readonly (readonly ConditionalNorm[])[];

  constructor(
    private readonly config: ParsedRelationalConfig,
    random: Random,
  ) {
    const { width: d, slots, memoryHeads, variant } = config;
    this.weights = decoderWeights(config, random);
    const p = Parameters.create(random);
    this.relational = relationalMemory(p.scope('relationalMemory'), d, slots, memoryHeads, orthogonal);
    this.norms = this.weights.layers.map(({ norms }, i) =>
      norms.map((norm, k) => {
        const scope = p.scope('layers').scope(i).scope('norms').scope(k);
        return conditionalNorm(scope, norm, slots * d, d, orthogonal, variant === 'raca');
      }),
    );
    this.parameters = new Map([...this.weights.parameters, ...p.all]);
    this.vocabularySize = config.vocabularySize;
    this.width = d;
    this.info = { package: '@raca/decoder', version, name: 'relationalMemoryDecoder', config };
  }

  embed(tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    checkTokens(WHO, tokens, this.config.maxLength);
    return tf.tidy(() => embed(this.weights, tokens, this.config.dropout, pass));
  }

  memories(tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    return tf.tidy(() => this.unroll(this.embed(tokens, pass), pass));
  }

  logits(memory: Memory, tokens: TokenBatch, pass: Pass, options: DecodingOptions = {}): tf.Tensor3D {
    const prefix = this.check(memory, tokens, options);
    return tf.tidy(() => {
      const h = afterPrefix(prefix, this.embed(tokens, pass));
      const norm = this.normBy(this.unroll(h, pass));
      const bias = targetBias(tokens, prefix);
      const { layers, output } = this.weights;
      const last = runLayers(layers, h, seenOf(memory), bias, norm, this.config.dropout, pass);
      const words = withoutPrefix(last, tokens.shape[1]);
      return applyLinear(output, applyNorm(this.weights.norm, words));
    });
  }

  attention(memory: Memory, tokens: TokenBatch, options: DecodingOptions = {}): tf.Tensor3D {
    const prefix = this.check(memory, tokens, options);
    return tf.tidy(() => {
      const h = afterPrefix(prefix, this.embed(tokens, EVALUATION));
      const norm = this.normBy(this.unroll(h, EVALUATION));
      const bias = targetBias(tokens, prefix);
      return withoutPrefix(
        crossAttention(this.weights.layers, h, seenOf(memory), bias, norm),
        tokens.shape[1],
      );
    });
  }

  start(memory: Memory, options: StartOptions = {}): DecoderState {
    checkMemory(WHO, memory, this.width);
    const prefix = prefixOf(WHO, options, memory);
    const first = firstMemory(memory.tokens.shape[0], this.config.slots, this.width);
    const state = new RowState(this.weights.layers, memory, this.config.maxLength, first);
    if (prefix) {
      tf.tidy(() => {
        const after = this.unroll(prefix, EVALUATION); // [b, q, s·d]
        const [b, q, size] = after.shape;
        state.extra = tf.reshape(tf.slice(after, [0, q - 1, 0], [b, 1, size]), first.shape);
        state.readPrefix(prefix, this.normBy(after));
      });
    }
    return state;
  }

  step(state: DecoderState, tokens: readonly number[] | Int32Array): tf.Tensor2D {
    if (!(state instanceof RowState)) {
      throw new TypeError(`${WHO}: step needs a state made by start of such a decoder`);
    }
    const ids = state.feed(tokens);
    const { rows } = state;
    const logits = tf.tidy(() => {
      const h = embed(this.weights, { ids, shape: [rows, 1] }, 0, EVALUATION, state.length);
      const memory = unrollMemory(this.relational, h, state.extra, 0, EVALUATION); // [rows, 1, s·d]
      state.extra = tf.reshape(memory, state.extra.shape);
      const last = stepLayers(this.weights.layers, h, state, this.normBy(memory), EVALUATION);
      const flat = tf.reshape(last, [rows, this.width]) as tf.Tensor2D;
      return applyLinear(this.weights.output, applyNorm(this.weights.norm, flat));
    });
    state.length++;
    return logits;
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }

  private check(memory: Memory, tokens: TokenBatch, options: DecodingOptions): tf.Tensor3D | null {
    checkMemory(WHO, memory, this.width);
    checkRows(WHO, memory, tokens);
    return prefixOf(WHO, options, memory);
  }

  private unroll(embedded: tf.Tensor3D, pass: Pass): tf.Tensor3D {
    const first = firstMemory(embedded.shape[0], this.config.slots, this.width);
    return unrollMemory(this.relational, embedded, first, this.config.dropout, pass);
  }

  private normBy(memory: tf.Tensor3D): LayerNorm {
    return (i, k, x) => applyConditionalNorm(this.norms[i][k], x, memory);
  }
}

/**
 * R2Gen's decoder: a small memory is rewritten with every word and moves scale and shift of all norms but the last.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; RangeError for tensors and tokens that do not
 * @see Chen et al. 2020, "Generating Radiology Reports via Memory-driven Transformer", arXiv:2010.16056
 */
export function relationalMemoryDecoder(
  config: RelationalMemoryDecoderConfig,
  random: Random,
): RelationalMemoryReportDecoder {
  return new RelationalMemoryDecoder(relationalMemoryDecoderConfigSchema.parse(config), random);
}
