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
  type Pass,
  type Random,
  type StartOptions,
  type TokenBatch,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { crossAttention } from '../attention-weights';
import { type LayerNorm, ownNorms, runLayers, seenOf, stepLayers } from '../layer-stack';
import { afterPrefix, prefixOf, withoutPrefix } from '../prefix';
import { RowState } from '../row-state';
import { embed, targetBias } from '../teacher-forcing';
import { checkRows, checkTokens } from '../token-checks';
import { type DecoderWeights, type LayerParts, weightsWith } from '../weights';
import { type ExpertDecoderConfig, expertDecoderConfigSchema, type ParsedExpertConfig } from './config';
import { applyExperts, type Experts, experts, nextBalance } from './experts';

const WHO = 'expertDecoder';

/** A layer whose last part are experts. */
interface ExpertLayer extends LayerParts {
  readonly experts: Experts;
}

class ExpertDecoder implements AttentiveDecoder {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly vocabularySize: number;
  readonly width: number;
  private readonly weights: DecoderWeights<ExpertLayer>;
  private readonly norm: LayerNorm;

  constructor(
    private readonly config: ParsedExpertConfig,
    random: Random,
  ) {
    const { experts: count, top, activation, width, feedForward } = config;
    const sizes = { count, top, activation, width, feedForward };
    this.weights = weightsWith(config, random, (p) => {
      const own = experts(p.scope('experts'), sizes, orthogonal);
      return {
        experts: own,
        positionWise: (x, rate, pass) => applyExperts(own, x, rate, pass).out,
        last: own.outer,
      };
    });
    this.norm = ownNorms(this.weights.layers);
    this.parameters = this.weights.parameters;
    this.vocabularySize = config.vocabularySize;
    this.width = width;
    this.info = { package: '@raca/decoder', version, name: WHO, config };
  }

  embed(tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    checkTokens(WHO, tokens, this.config.maxLength);
    return tf.tidy(() => embed(this.weights, tokens, this.config.dropout, pass));
  }

  logits(memory: Memory, tokens: TokenBatch, pass: Pass, options: DecodingOptions = {}): tf.Tensor3D {
    const prefix = this.check(memory, tokens, options);
    return tf.tidy(() => {
      const h = afterPrefix(prefix, this.embed(tokens, pass));
      const bias = targetBias(tokens, prefix);
      const layers = pass.training ? this.balancing(tokens, prefix) : this.weights.layers;
      const last = runLayers(layers, h, seenOf(memory), bias, this.norm, this.config.dropout, pass);
      const words = withoutPrefix(last, tokens.shape[1]);
      return applyLinear(this.weights.output, applyNorm(this.weights.norm, words));
    });
  }

  attention(memory: Memory, tokens: TokenBatch, options: DecodingOptions = {}): tf.Tensor3D {
    const prefix = this.check(memory, tokens, options);
    const { layers } = this.weights;
    return tf.tidy(() => {
      const h = afterPrefix(prefix, this.embed(tokens, EVALUATION));
      const all = crossAttention(layers, h, seenOf(memory), targetBias(tokens, prefix), this.norm);
      return withoutPrefix(all, tokens.shape[1]);
    });
  }

  start(memory: Memory, options: StartOptions = {}): DecoderState {
    checkMemory(WHO, memory, this.width);
    const prefix = prefixOf(WHO, options, memory);
    const state = new RowState(this.weights.layers, memory, this.config.maxLength);
    if (prefix) tf.tidy(() => state.readPrefix(prefix, this.norm));
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

  /** The layers, which move their balance once they have run. */
  private balancing(tokens: TokenBatch, prefix: tf.Tensor3D | null): readonly LayerParts[] {
    const { balanceRate } = this.config;
    if (balanceRate === 0) return this.weights.layers;
    const mask = realPositions(tokens, prefix?.shape[1] ?? 0);
    return this.weights.layers.map((layer) => ({
      ...layer,
      positionWise: (x, rate, pass) => {
        const { out, chosen } = applyExperts(layer.experts, x, rate, pass);
        layer.experts.balance.assign(nextBalance(layer.experts, chosen, mask, balanceRate));
        return out;
      },
    }));
  }
}

/** `[b, q + t]`: 1 for prefix, first position and words, 0 for padding. */
function realPositions({ ids, shape: [b, t] }: TokenBatch, q: number): tf.Tensor2D {
  const values = new Float32Array(b * (q + t)).fill(1);
  for (let i = 0; i < b; i++) {
    for (let j = 1; j < t; j++) if (ids[i * t + j] === 0) values[i * (q + t) + q + j] = 0;
  }
  return tf.tensor2d(values, [b, q + t]);
}

/**
 * The Transformer decoder with experts for feed-forward layers, as in MoERad: every token takes the `top` of them that its
 * gate opens most. A bias that only the choice sees keeps all in use; every training pass moves it, without a loss. It is
 * saved with the weights and used in writing too, so that writing and teacher forcing choose alike.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; RangeError for tensors and tokens that do not
 * @see https://github.com/gssriram/MoERad, its equations
 */
export function expertDecoder(config: ExpertDecoderConfig, random: Random): AttentiveDecoder {
  return new ExpertDecoder(expertDecoderConfigSchema.parse(config), random);
}
