import {
  type AttentiveDecoder,
  applyLinear,
  applyNorm,
  applyTransformerEncoder,
  type DecoderState,
  disposeParameters,
  dropout,
  EVALUATION,
  type ModuleInfo,
  type NamedParameters,
  orthogonal,
  Parameters,
  type Pass,
  type Random,
  sinusoidalPositions,
  type TokenBatch,
  type TransformerEncoder,
  transformerEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { crossAttention } from '../attention-weights';
import { type LayerNorm, runLayers, stepLayers } from '../layer-stack';
import { RowState } from '../row-state';
import { embed, targetBias } from '../teacher-forcing';
import { checkMemory, checkRows, checkTokens } from '../token-checks';
import { type DecoderWeights, decoderWeights } from '../weights';
import {
  type MemoryMatrixDecoderConfig,
  memoryMatrixDecoderConfigSchema,
  type ParsedMemoryMatrixConfig,
} from './config';
import { askMemory, type CrossModalMemory, crossModalMemory } from './cross-modal-memory';

/** The decoder with a look inside. */
export interface MemoryMatrixReportDecoder extends AttentiveDecoder {
  /** What the memory answers to `[b, n, d]`, patches or embedded tokens; for analysis and parity checks. */
  ask(x: tf.Tensor3D, pass: Pass): tf.Tensor3D;
  /** What the layers attend to, made from patches `[b, p, d]`: answers added, and encoded with `visualLayers`. */
  visual(patches: tf.Tensor3D, pass: Pass): tf.Tensor3D;
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
    this.norm = (i, k, x) => applyNorm(this.weights.layers[i].norms[k], x);
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

  visual(patches: tf.Tensor3D, pass: Pass): tf.Tensor3D {
    checkMemory(WHO, patches, this.width);
    return tf.tidy(() => {
      const answered = tf.add(patches, this.ask(patches, pass)) as tf.Tensor3D;
      if (!this.encoder) return answered;
      const [, p, d] = patches.shape;
      const placed = tf.add(answered, tf.tensor3d(sinusoidalPositions(p, d), [1, p, d])) as tf.Tensor3D;
      const dropped = dropout(placed, this.config.dropout, pass);
      return applyTransformerEncoder(this.encoder, dropped, null, pass);
    });
  }

  logits(memory: tf.Tensor3D, tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    checkMemory(WHO, memory, this.width);
    checkRows(WHO, memory, tokens);
    return tf.tidy(() => {
      const seen = this.visual(memory, pass);
      const h = this.words(tokens, pass);
      const bias = targetBias(tokens);
      const last = runLayers(this.weights.layers, h, seen, bias, this.norm, this.config.dropout, pass);
      return applyLinear(this.weights.output, applyNorm(this.weights.norm, last));
    });
  }

  attention(memory: tf.Tensor3D, tokens: TokenBatch): tf.Tensor3D {
    checkMemory(WHO, memory, this.width);
    checkRows(WHO, memory, tokens);
    return tf.tidy(() => {
      const seen = this.visual(memory, EVALUATION);
      const h = this.words(tokens, EVALUATION);
      return crossAttention(this.weights.layers, h, seen, targetBias(tokens), this.norm);
    });
  }

  start(memory: tf.Tensor3D): DecoderState {
    const seen = this.visual(memory, EVALUATION);
    const state = new RowState(this.weights.layers, seen, this.config.maxLength);
    seen.dispose();
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
      const h = tf.add(word, this.ask(word, EVALUATION)) as tf.Tensor3D;
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

  /** Embedded tokens with the memory's answers, `[b, t, d]`. */
  private words(tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    const embedded = this.embed(tokens, pass);
    return tf.add(embedded, this.ask(embedded, pass));
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
