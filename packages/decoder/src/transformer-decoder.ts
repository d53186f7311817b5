import {
  type AttentiveDecoder,
  applyLinear,
  applyNorm,
  BatchProgram,
  type DecoderState,
  disposeParameters,
  EVALUATION,
  isInference,
  type ModuleInfo,
  type NamedParameters,
  type Pass,
  type Random,
  type TokenBatch,
  TrainedProgram,
  type WeightedProgram,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../package.json';
import { crossAttention } from './attention-weights';
import { CachedState } from './cached-state';
import { type ParsedConfig, type TransformerDecoderConfig, transformerDecoderConfigSchema } from './config';
import type { LayerNorm } from './layer-stack';
import { RecordedState } from './recorded-state';
import { stepProgram } from './step-program';
import { embed, hiddenStates, targetBias } from './teacher-forcing';
import { checkRows } from './token-checks';
import { type DecoderWeights, decoderWeights } from './weights';

/** The decoder with a look inside. */
export interface TransformerReportDecoder extends AttentiveDecoder {
  /** What the last linear layer reads to give `logits`: `[b, t, d]`; for analysis and parity checks. */
  hidden(memory: tf.Tensor3D, tokens: TokenBatch, pass: Pass): tf.Tensor3D;
}

class TransformerDecoder implements TransformerReportDecoder {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly vocabularySize: number;
  readonly width: number;
  private readonly weights: DecoderWeights;
  private readonly oneStep: WeightedProgram;
  /** Embedded tokens, memory, bias → logits, without dropout. */
  private readonly allSteps: TrainedProgram;

  constructor(
    private readonly config: ParsedConfig,
    random: Random,
  ) {
    this.weights = decoderWeights(config, random);
    this.parameters = this.weights.parameters;
    this.oneStep = stepProgram(this.weights);
    this.allSteps = new TrainedProgram(withoutTable(this.parameters), ([embedded, memory, bias]) => {
      const tensors = [embedded as tf.Tensor3D, memory as tf.Tensor3D, bias as tf.Tensor4D] as const;
      return applyLinear(this.weights.output, hiddenStates(this.weights, ...tensors, 0, EVALUATION));
    });
    this.vocabularySize = config.vocabularySize;
    this.width = config.width;
    this.info = { package: '@raca/decoder', version, name: 'transformerDecoder', config };
  }

  embed(tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    this.checkTokens(tokens);
    return tf.tidy(() => embed(this.weights, tokens, this.config.dropout, pass));
  }

  logits(memory: tf.Tensor3D, tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    const plain = isInference(pass) || (pass.training && this.config.dropout > 0);
    if (plain) return tf.tidy(() => applyLinear(this.weights.output, this.hidden(memory, tokens, pass)));
    this.check(memory, tokens);
    return tf.tidy(() => {
      const embedded = this.embed(tokens, pass);
      return this.allSteps.run([embedded, memory], [targetBias(tokens)]) as tf.Tensor3D;
    });
  }

  hidden(memory: tf.Tensor3D, tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    this.check(memory, tokens);
    return tf.tidy(() => {
      const embedded = this.embed(tokens, pass);
      return hiddenStates(this.weights, embedded, memory, targetBias(tokens), this.config.dropout, pass);
    });
  }

  attention(memory: tf.Tensor3D, tokens: TokenBatch): tf.Tensor3D {
    this.checkMemory(memory);
    checkRows('transformerDecoder', memory, tokens);
    const { layers } = this.weights;
    return tf.tidy(() => {
      const norm: LayerNorm = (i, k, x) => applyNorm(layers[i].norms[k], x);
      return crossAttention(layers, this.embed(tokens, EVALUATION), memory, targetBias(tokens), norm);
    });
  }

  start(memory: tf.Tensor3D, rowsPerStudy?: number): DecoderState {
    this.checkMemory(memory);
    const { maxLength } = this.config;
    if (rowsPerStudy !== undefined && BatchProgram.records) {
      return new RecordedState(this.weights, this.oneStep, memory, rowsPerStudy, maxLength);
    }
    return new CachedState(this.weights, memory, maxLength);
  }

  step(state: DecoderState, tokens: readonly number[] | Int32Array): tf.Tensor2D {
    if (!(state instanceof CachedState || state instanceof RecordedState)) {
      throw new TypeError('transformerDecoder: step needs a state made by start of such a decoder');
    }
    return state.step(tokens);
  }

  dispose(): void {
    this.oneStep.dispose();
    this.allSteps.dispose();
    disposeParameters(this.parameters);
  }

  private check(memory: tf.Tensor3D, tokens: TokenBatch): void {
    this.checkMemory(memory);
    this.checkTokens(tokens);
    checkRows('transformerDecoder', memory, tokens);
  }

  private checkMemory(memory: tf.Tensor3D): void {
    if (memory.rank !== 3 || memory.shape[2] !== this.width) {
      throw new RangeError(`transformerDecoder: memory must be [b, p, ${this.width}], got [${memory.shape}]`);
    }
  }

  private checkTokens({ ids, shape: [b, t] }: TokenBatch): void {
    if (ids.length !== b * t) {
      throw new RangeError(
        `transformerDecoder: tokens of shape [${b},${t}] need ${b * t} ids, got ${ids.length}`,
      );
    }
    if (t > this.config.maxLength) {
      throw new RangeError(`transformerDecoder: at most ${this.config.maxLength} tokens a report, got ${t}`);
    }
  }
}

/** All weights but the token table, which is read by ids. */
const withoutTable = (all: NamedParameters): NamedParameters =>
  new Map([...all].filter(([name]) => !name.startsWith('embedding.')));

/**
 * Pre-norm Transformer decoder of the R2Gen line over encoded patches, with a cache for writing token by token.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; RangeError for tensors and tokens that do not
 * @see Chen et al. 2020, arXiv:2010.16056; Vaswani et al. 2017, arXiv:1706.03762
 */
export function transformerDecoder(
  config: TransformerDecoderConfig,
  random: Random,
): TransformerReportDecoder {
  return new TransformerDecoder(transformerDecoderConfigSchema.parse(config), random);
}
