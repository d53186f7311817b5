import {
  type AttentiveDecoder,
  applyLinear,
  BatchProgram,
  checkMemory,
  type DecoderState,
  type DecodingOptions,
  disposeParameters,
  EVALUATION,
  isInference,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  type Pass,
  presenceBias,
  type Random,
  type StartOptions,
  type TokenBatch,
  TrainedProgram,
  type WeightedProgram,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../package.json';
import { crossAttention } from './attention-weights';
import { CachedState } from './cached-state';
import { type ParsedConfig, type TransformerDecoderConfig, transformerDecoderConfigSchema } from './config';
import { ownNorms, seenOf } from './layer-stack';
import { afterPrefix, prefixOf, withoutPrefix } from './prefix';
import { RecordedState } from './recorded-state';
import { stepProgram } from './step-program';
import { embed, hiddenStates, targetBias } from './teacher-forcing';
import { checkRows, checkTokens } from './token-checks';
import { type DecoderWeights, decoderWeights } from './weights';

/** The decoder with a look inside. */
export interface TransformerReportDecoder extends AttentiveDecoder {
  /** What the last linear layer reads to give `logits`: `[b, t, d]`; for analysis and parity checks. */
  hidden(memory: Memory, tokens: TokenBatch, pass: Pass, options?: DecodingOptions): tf.Tensor3D;
}

const WHO = 'transformerDecoder';

class TransformerDecoder implements TransformerReportDecoder {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly vocabularySize: number;
  readonly width: number;
  private readonly weights: DecoderWeights;
  private readonly oneStep: WeightedProgram;
  /** Embedded tokens, memory, bias, that of absent places → logits, without dropout. */
  private readonly allSteps: TrainedProgram;
  /** The same with a prefix before all other inputs. */
  private readonly afterPrefix: TrainedProgram;

  constructor(
    private readonly config: ParsedConfig,
    random: Random,
  ) {
    this.weights = decoderWeights(config, random);
    this.parameters = this.weights.parameters;
    this.oneStep = stepProgram(this.weights);
    const read = withoutTable(this.parameters);
    this.allSteps = new TrainedProgram(read, (tensors) => this.steps(null, tensors));
    this.afterPrefix = new TrainedProgram(read, ([prefix, ...tensors]) =>
      this.steps(prefix as tf.Tensor3D, tensors),
    );
    this.vocabularySize = config.vocabularySize;
    this.width = config.width;
    this.info = { package: '@raca/decoder', version, name: WHO, config };
  }

  embed(tokens: TokenBatch, pass: Pass): tf.Tensor3D {
    checkTokens(WHO, tokens, this.config.maxLength);
    return tf.tidy(() => embed(this.weights, tokens, this.config.dropout, pass));
  }

  logits(memory: Memory, tokens: TokenBatch, pass: Pass, options: DecodingOptions = {}): tf.Tensor3D {
    const plain = isInference(pass) || (pass.training && this.config.dropout > 0);
    if (plain) {
      return tf.tidy(() => applyLinear(this.weights.output, this.hidden(memory, tokens, pass, options)));
    }
    const prefix = this.check(memory, tokens, options);
    return tf.tidy(() => {
      const embedded = this.embed(tokens, pass);
      const absent = presenceBias(memory.present);
      const given = [targetBias(tokens, prefix), ...(absent ? [absent] : [])];
      return prefix
        ? this.afterPrefix.run([prefix, embedded, memory.tokens], given)
        : this.allSteps.run([embedded, memory.tokens], given);
    }) as tf.Tensor3D;
  }

  hidden(memory: Memory, tokens: TokenBatch, pass: Pass, options: DecodingOptions = {}): tf.Tensor3D {
    const prefix = this.check(memory, tokens, options);
    return tf.tidy(() => {
      const embedded = this.embed(tokens, pass);
      const taught = { embedded, prefix, seen: seenOf(memory), bias: targetBias(tokens, prefix) };
      return hiddenStates(this.weights, taught, this.config.dropout, pass);
    });
  }

  attention(memory: Memory, tokens: TokenBatch, options: DecodingOptions = {}): tf.Tensor3D {
    const prefix = this.check(memory, tokens, options);
    const { layers } = this.weights;
    return tf.tidy(() => {
      const h = afterPrefix(prefix, this.embed(tokens, EVALUATION));
      const bias = targetBias(tokens, prefix);
      const all = crossAttention(layers, h, seenOf(memory), bias, ownNorms(layers));
      return withoutPrefix(all, tokens.shape[1]);
    });
  }

  start(memory: Memory, options: StartOptions = {}): DecoderState {
    checkMemory(WHO, memory, this.width);
    const prefix = prefixOf(WHO, options, memory);
    const { rowsPerStudy } = options;
    const { maxLength } = this.config;
    if (rowsPerStudy !== undefined && BatchProgram.records) {
      return new RecordedState(this.weights, this.oneStep, memory, prefix, rowsPerStudy, maxLength);
    }
    return new CachedState(this.weights, memory, prefix, maxLength);
  }

  step(state: DecoderState, tokens: readonly number[] | Int32Array): tf.Tensor2D {
    if (!(state instanceof CachedState || state instanceof RecordedState)) {
      throw new TypeError(`${WHO}: step needs a state made by start of such a decoder`);
    }
    return state.step(tokens);
  }

  dispose(): void {
    this.oneStep.dispose();
    this.allSteps.dispose();
    this.afterPrefix.dispose();
    disposeParameters(this.parameters);
  }

  private check(memory: Memory, tokens: TokenBatch, options: DecodingOptions): tf.Tensor3D | null {
    checkMemory(WHO, memory, this.width);
    checkTokens(WHO, tokens, this.config.maxLength);
    checkRows(WHO, memory, tokens);
    return prefixOf(WHO, options, memory);
  }

  /** What the programs compute. */
  private steps(prefix: tf.Tensor3D | null, tensors: readonly tf.Tensor[]): tf.Tensor {
    const [embedded, memory, bias, absent] = tensors;
    const seen = { tokens: memory as tf.Tensor3D, bias: (absent as tf.Tensor4D | undefined) ?? null };
    const taught = { embedded: embedded as tf.Tensor3D, prefix, seen, bias };
    return applyLinear(this.weights.output, hiddenStates(this.weights, taught, 0, EVALUATION));
  }
}

/** All weights but the token table, which is read by ids. */
const withoutTable = (all: NamedParameters): NamedParameters =>
  new Map([...all].filter(([name]) => !name.startsWith('embedding.')));

/**
 * Pre-norm Transformer decoder of the R2Gen line over a memory, with a cache for writing token by token.
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
