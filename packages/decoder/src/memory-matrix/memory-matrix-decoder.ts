import {
  type AttentiveDecoder,
  applyLinear,
  applyNorm,
  applyTransformerEncoder,
  checkMemory,
  type DecoderState,
  type DecodingOptions,
  disposeParameters,
  dropout,
  EVALUATION,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  orthogonal,
  Parameters,
  type Pass,
  presenceBias,
  type Random,
  type StartOptions,
  sinusoidalPositions,
  type TokenBatch,
  type TransformerEncoder,
  transformerEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { crossAttention } from '../attention-weights';
import { type LayerNorm, ownNorms, runLayers, type Seen, stepLayers } from '../layer-stack';
import { afterPrefix, prefixOf, withoutPrefix } from '../prefix';
import { RowState } from '../row-state';
import { embed, targetBias } from '../teacher-forcing';
import { checkRows, checkTokens } from '../token-checks';
import { type DecoderWeights, decoderWeights } from '../weights';
import {
  type MemoryMatrixDecoderConfig,
  memoryMatrixDecoderConfigSchema,
  type ParsedMemoryMatrixConfig,
} from './config';
import { askMemory, type CrossModalMemory, crossModalMemory } from './cross-modal-memory';

/** The decoder with a look inside. */
export interface MemoryMatrixReportDecoder extends AttentiveDecoder {
  /** What the matrix answers to `[b, n, d]`, patches or embedded tokens; for analysis and parity checks. */
  ask(x: tf.Tensor3D, pass: Pass): tf.Tensor3D;
  /** What the layers attend to, `[b, m, d]`: places of the memory, answers added, and encoded with `visualLayers`. */
  visual(memory: Memory, pass: Pass): tf.Tensor3D;
}

const WHO = 'memoryMatrixDecoder';

class MemoryMatrixDecoder implements MemoryMatrixReportDecoder {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly vocabularySize: number;
  readonly width: number;
  private readonly weights: DecoderWeights;
  private readonly matrix: CrossModalMemory;
  private readonly encoder: TransformerEncoder | null;
  private readonly norm: LayerNorm;

  constructor(
    private readonly config: ParsedMemoryMatrixConfig,
    random: Random,
  ) {
    const { width, heads, memoryRows: rows, topK, visualLayers } = config;
    this.weights = decoderWeights(config, random);
    const p = Parameters.create(random);
    this.matrix = crossModalMemory(p.scope('memory'), { rows, width, heads, topK }, orthogonal);
    this.encoder =
      visualLayers > 0
        ? transformerEncoder(p.scope('encoder'), { ...config, layers: visualLayers }, orthogonal)
        : null;
    this.norm = ownNorms(this.weights.layers);
    this.parameters = new Map([...this.weights.parameters, ...p.all]);
    this.vocabularySize = config.vocabularySize;
    this.width = width;
    this.info = { package: '@raca/decoder', version, name: 'memoryMatrixDecoder', config };
  }

  embed(tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    checkTokens(WHO, tokens, this.config.maxLength);
    return tf.tidy(() => embed(this.weights, tokens, this.config.dropout, pass));
  }

  ask(x: tf.Tensor3D, pass: Pass): tf.Tensor3D {
    return tf.tidy(() => askMemory(this.matrix, x, this.config.dropout, pass));
  }

  visual(memory: Memory, pass: Pass): tf.Tensor3D {
    checkMemory(WHO, memory, this.width);
    return tf.tidy(() => this.seen(memory, pass).tokens);
  }

  logits(memory: Memory, tokens: TokenBatch, pass: Pass, options: DecodingOptions = {}): tf.Tensor3D {
    const prefix = this.check(memory, tokens, options);
    return tf.tidy(() => {
      const seen = this.seen(memory, pass);
      const h = this.answered(afterPrefix(prefix, this.embed(tokens, pass)), pass);
      const bias = targetBias(tokens, prefix);
      const last = runLayers(this.weights.layers, h, seen, bias, this.norm, this.config.dropout, pass);
      const words = withoutPrefix(last, tokens.shape[1]);
      return applyLinear(this.weights.output, applyNorm(this.weights.norm, words));
    });
  }

  attention(memory: Memory, tokens: TokenBatch, options: DecodingOptions = {}): tf.Tensor3D {
    const prefix = this.check(memory, tokens, options);
    return tf.tidy(() => {
      const seen = this.seen(memory, EVALUATION);
      const h = this.answered(afterPrefix(prefix, this.embed(tokens, EVALUATION)), EVALUATION);
      const all = crossAttention(this.weights.layers, h, seen, targetBias(tokens, prefix), this.norm);
      return withoutPrefix(all, tokens.shape[1]);
    });
  }

  start(memory: Memory, options: StartOptions = {}): DecoderState {
    const prefix = prefixOf(WHO, options, memory);
    const tokens = this.visual(memory, EVALUATION);
    const state = new RowState(this.weights.layers, { ...memory, tokens }, this.config.maxLength);
    if (prefix) tf.tidy(() => state.readPrefix(this.answered(prefix, EVALUATION), this.norm));
    tokens.dispose();
    return state;
  }

  step(state: DecoderState, tokens: readonly number[] | Int32Array): tf.Tensor2D {
    if (!(state instanceof RowState)) {
      throw new TypeError(`${WHO}: step needs a state made by start of such a decoder`);
    }
    const ids = state.feed(tokens);
    const { rows } = state;
    const logits = tf.tidy(() => {
      const word = embed(this.weights, { ids, shape: [rows, 1] }, 0, EVALUATION, state.length);
      const h = this.answered(word, EVALUATION);
      const last = stepLayers(this.weights.layers, h, state, this.norm, EVALUATION);
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

  private seen(memory: Memory, pass: Pass): Seen {
    const bias = presenceBias(memory.present);
    const answered = this.answered(memory.tokens, pass);
    if (!this.encoder) return { tokens: answered, bias };
    const [, m, d] = answered.shape;
    const placed = tf.add(answered, tf.tensor3d(sinusoidalPositions(m, d), [1, m, d])) as tf.Tensor3D;
    const dropped = dropout(placed, this.config.dropout, pass);
    return { tokens: applyTransformerEncoder(this.encoder, dropped, bias, pass), bias };
  }

  /** x with the matrix's answers added, `[b, n, d]`. */
  private answered(x: tf.Tensor3D, pass: Pass): tf.Tensor3D {
    return tf.add(x, this.ask(x, pass));
  }
}

/**
 * R2GenCMN's decoder: image and text ask one memory matrix, and the answers are added to both before they meet.
 *
 * The matrix belongs to the decoder alone, so the published place of its visual answers, before the visual
 * Transformer, asks for that Transformer in the decoder too: `visualLayers: 3`, with a vision module that only embeds
 * patches. By default the answers are added to patches that the vision module has encoded (and the fusion joined).
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; RangeError for tensors and tokens that do not
 * @see Chen et al. 2021, "Cross-modal Memory Networks for Radiology Report Generation", arXiv:2204.13258
 */
export function memoryMatrixDecoder(
  config: MemoryMatrixDecoderConfig,
  random: Random,
): MemoryMatrixReportDecoder {
  return new MemoryMatrixDecoder(memoryMatrixDecoderConfigSchema.parse(config), random);
}
