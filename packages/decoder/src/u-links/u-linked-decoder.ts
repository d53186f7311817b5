import {
  applyLinear,
  applyNorm,
  checkMemory,
  type DecoderState,
  type DecodingOptions,
  disposeParameters,
  EVALUATION,
  keysValues,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  type Pass,
  presenceBias,
  type Random,
  type ReportDecoder,
  type StartOptions,
  type TokenBatch,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { type ParsedConfig, type TransformerDecoderConfig, transformerDecoderConfigSchema } from '../config';
import { type LayerNorm, ownNorms, runLayers, seenOf, stepLayers } from '../layer-stack';
import { afterPrefix, prefixOf, withoutPrefix } from '../prefix';
import { RowState } from '../row-state';
import { kept, type StoredMemory } from '../stored-keys';
import { embed, targetBias } from '../teacher-forcing';
import { checkRows, checkTokens } from '../token-checks';
import { type DecoderWeights, decoderWeights } from '../weights';
import { levelsOf } from './levels';

const WHO = 'uLinkedDecoder';

class ULinkedDecoder implements ReportDecoder {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly vocabularySize: number;
  readonly width: number;
  private readonly weights: DecoderWeights;
  private readonly norm: LayerNorm;

  constructor(
    private readonly config: ParsedConfig,
    random: Random,
  ) {
    this.weights = decoderWeights(config, random);
    this.norm = ownNorms(this.weights.layers);
    this.parameters = this.weights.parameters;
    this.vocabularySize = config.vocabularySize;
    this.width = config.width;
    this.info = { package: '@raca/decoder', version, name: WHO, config };
  }

  embed(tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    checkTokens(WHO, tokens, this.config.maxLength);
    return tf.tidy(() => embed(this.weights, tokens, this.config.dropout, pass));
  }

  logits(memory: Memory, tokens: TokenBatch, pass: Pass, options: DecodingOptions = {}): tf.Tensor3D {
    checkMemory(WHO, memory, this.width);
    checkRows(WHO, memory, tokens);
    const prefix = prefixOf(WHO, options, memory);
    const { layers, norm, output } = this.weights;
    return tf.tidy(() => {
      const seen = levelsOf(WHO, memory, layers.length).map(seenOf);
      const h = afterPrefix(prefix, this.embed(tokens, pass));
      const bias = targetBias(tokens, prefix);
      const last = runLayers(layers, h, seen, bias, this.norm, this.config.dropout, pass);
      return applyLinear(output, applyNorm(norm, withoutPrefix(last, tokens.shape[1])));
    });
  }

  start(memory: Memory, options: StartOptions = {}): DecoderState {
    checkMemory(WHO, memory, this.width);
    const prefix = prefixOf(WHO, options, memory);
    const state = new RowState(this.weights.layers, this.stored(memory), this.config.maxLength);
    if (prefix) state.readPrefix(prefix, this.norm);
    return state;
  }

  step(state: DecoderState, tokens: readonly number[] | Int32Array): tf.Tensor2D {
    if (!(state instanceof RowState)) {
      throw new TypeError(`${WHO}: step needs a state made by start of such a decoder`);
    }
    const ids = state.feed(tokens);
    const { rows } = state;
    const { layers, norm, output } = this.weights;
    const logits = tf.tidy(() => {
      const word = embed(this.weights, { ids, shape: [rows, 1] }, 0, EVALUATION, state.length);
      const last = stepLayers(layers, word, state, this.norm, EVALUATION);
      return applyLinear(output, applyNorm(norm, tf.reshape(last, [rows, this.width]) as tf.Tensor2D));
    });
    state.length++;
    return logits;
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }

  /** Keys and values of each layer's own level. All levels have the patches' presence, so one bias serves them. */
  private stored(memory: Memory): StoredMemory {
    const { layers } = this.weights;
    let stored: StoredMemory | undefined;
    tf.tidy(() => {
      const levels = levelsOf(WHO, memory, layers.length);
      const bias = presenceBias(levels[0].present);
      stored = {
        layers: layers.map(({ crossAttention }, i) =>
          kept(() => keysValues(crossAttention, levels[i].tokens)),
        ),
        bias: bias && tf.keep(bias),
      };
    });
    return stored!;
  }
}

/**
 * The Transformer decoder with links from each layer of the encoder to one of its own, after KiUT, from its abstract and
 * supplement: layer l reads the part `level-l` of the memory, which the fusion `encoder-levels` gives, the last layer
 * `patches`; what is no level is read by all. Weights, and the result on a memory without levels, are those of
 * `transformerDecoder`.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; RangeError for tensors and tokens that do not, and for another number of
 *   levels than of layers
 * @see Huang et al. 2023, "KiUT: Knowledge-injected U-Transformer for Radiology Report Generation", arXiv:2306.11345
 */
export const uLinkedDecoder = (config: TransformerDecoderConfig, random: Random): ReportDecoder =>
  new ULinkedDecoder(transformerDecoderConfigSchema.parse(config), random);
