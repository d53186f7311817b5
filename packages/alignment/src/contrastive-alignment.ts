import {
  type Alignment,
  applyLinear,
  applyTransformerEncoder,
  disposeParameters,
  EVALUATION,
  keyBias,
  type Linear,
  type LossInput,
  linear,
  type ModuleInfo,
  type NamedParameters,
  orthogonal,
  Parameters,
  type Pass,
  type Random,
  type TokenBatch,
  TrainedProgram,
  type TransformerEncoder,
  transformerEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../package.json';
import { checkAligned } from './checks';
import { type AlignmentConfig, alignmentConfigSchema } from './config';
import { pairWeights, sentenceTargets } from './labels';
import { regionOfSentenceLoss, sentenceRegionLoss, symmetricInfoNce, unitLength } from './losses';
import { meanOfMasked, meanOfPatches, meanOfSelected } from './pooling';
import { sentenceMatches, sentenceMatchingLoss } from './sentence-matching';
import { averagingMatrix, batchSpans, largestCount, type Span } from './sentences';

/** What the text encoder makes of a batch. Axes: b batch, t tokens, s sentences, d width. */
export interface TextFeatures {
  /** `[b, t, d]` */
  readonly tokens: tf.Tensor3D;
  /** Output at position 0, `[b, d]`. */
  readonly reports: tf.Tensor2D;
  /** Mean over each sentence's tokens, 0 where there is none, `[b, s, d]`. */
  readonly sentences: tf.Tensor3D;
}

/** Options with defaults filled in. */
type Options = z.output<typeof alignmentConfigSchema>;

/** {@link Alignment} by two contrastive losses over a Transformer text encoder. */
export class ContrastiveAlignment implements Alignment {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly options: Options;
  private readonly encoder: TransformerEncoder;
  private readonly projection: Linear;
  /** Embedded tokens, bias → tokens, without dropout. */
  private readonly encoderProgram: TrainedProgram;
  /** Embedded tokens, patches, {@link facts} → {@link lossVector}, without dropout: of all patches, and of some. */
  private readonly lossPrograms: readonly [all: TrainedProgram, some: TrainedProgram];

  constructor(config: AlignmentConfig, random: Random) {
    this.options = alignmentConfigSchema.parse(config);
    this.info = { package: '@raca/alignment', version, name: 'contrastiveAlignment', config: this.options };
    const p = Parameters.create(random);
    this.encoder = transformerEncoder(p.scope('encoder'), this.options, orthogonal);
    this.projection = linear(p.scope('projection'), this.options.width, this.options.projection, orthogonal);
    this.parameters = p.all;
    const own = new Map([...p.all].filter(([name]) => name.startsWith('encoder.')));
    this.encoderProgram = new TrainedProgram(own, ([x, bias]) =>
      applyTransformerEncoder(this.encoder, x as tf.Tensor3D, bias, EVALUATION),
    );
    const program = (f: (tensors: readonly tf.Tensor[]) => tf.Tensor) => new TrainedProgram(p.all, f);
    this.lossPrograms = [
      program((tensors) => this.lossVector(tensors, null, EVALUATION)),
      program((tensors) => this.lossVector(tensors.slice(0, -1), tensors.at(-1) as tf.Tensor2D, EVALUATION)),
    ];
  }

  losses(input: LossInput, pass: Pass): Record<string, tf.Scalar> {
    checkAligned(input, this.options.width);
    const names = this.lossNames(input.masks !== null);
    if (names.length === 0) return {};
    return tf.tidy(() => {
      const { patches, present } = input.features;
      const [features, facts] = [[input.embedded, patches], this.facts(input)];
      const plain = pass.training && this.options.dropout > 0;
      const losses = plain
        ? this.lossVector([...features, ...facts], present, pass)
        : this.lossOf(features, present, facts);
      return Object.fromEntries(
        names.map((name, i) => [name, tf.reshape(tf.slice(losses, [i], [1]), []) as tf.Scalar]),
      );
    });
  }

  similarity(input: LossInput): tf.Tensor3D {
    checkAligned(input, this.options.width);
    if (!input.masks) throw new Error('alignment: similarity needs region masks, got null');
    return tf.tidy(() => {
      const spans = this.spans(input);
      const [b, s] = [spans.length, largestCount(spans)];
      if (s === 0) return tf.zeros([b, 0, input.masks!.shape[1]]);
      const exists = Float32Array.from({ length: b * s }, (_, k) => {
        const span = spans[Math.floor(k / s)][k % s];
        return span && span.to > span.from ? 1 : 0;
      });
      const text = this.encodeText(input, EVALUATION);
      const { patches, present } = input.features;
      const { sentences, regions } = this.projected(text.sentences, patches, input.masks!, present);
      return tf.mul(tf.matMul(sentences, regions, false, true), tf.tensor3d(exists, [b, s, 1]));
    });
  }

  /** Text encoder and means. */
  encodeText(input: LossInput, pass: Pass): TextFeatures {
    checkAligned(input, this.options.width);
    return tf.tidy(() => {
      const spans = this.spans(input);
      const facts = textFacts(input.tokens, spans, largestCount(spans));
      return { ...this.encode(input.embedded, ...facts, pass) };
    });
  }

  /** Unit vectors in which text and image are compared: `[…, width]` → `[…, projection]`. */
  compared<T extends tf.Tensor>(x: T): T {
    return unitLength(applyLinear(this.projection, x));
  }

  dispose(): void {
    this.encoderProgram.dispose();
    for (const program of this.lossPrograms) program.dispose();
    disposeParameters(this.parameters);
  }

  /** @param averaging {@link averagingMatrix} `[b, s, t]` */
  private encode(embedded: tf.Tensor3D, bias: tf.Tensor, averaging: tf.Tensor3D, pass: Pass): TextFeatures {
    const [b] = embedded.shape;
    const plain = pass.training && this.options.dropout > 0;
    const tokens = plain
      ? applyTransformerEncoder(this.encoder, embedded, bias, pass)
      : (this.encoderProgram.run([embedded], [bias]) as tf.Tensor3D);
    const reports = tf.reshape(tf.slice(tokens, [0, 0, 0], [b, 1, -1]), [b, -1]) as tf.Tensor2D;
    const sentences: tf.Tensor3D =
      averaging.size === 0 ? tf.zeros([b, 0, this.options.width]) : tf.matMul(averaging, tokens);
    return { tokens, reports, sentences };
  }

  /** The losses that config and input ask for, in the order of {@link lossVector}. */
  private lossNames(masks: boolean): string[] {
    const { global, local } = this.options;
    const [inside, across] = [masks && local, masks && this.options.acrossImages];
    return [...(global ? ['global'] : []), ...(inside ? ['local'] : []), ...(across ? ['matching'] : [])];
  }

  /** All that the losses follow from besides features, as tensors, in the order in which {@link lossVector} reads them. */
  private facts({ tokens, masks, separator, sentenceRegions }: LossInput): tf.Tensor[] {
    const spans = batchSpans(tokens, separator, this.options.variant);
    // More places than sentences: few batches then differ in form, and each form is compiled once.
    const s = Math.ceil(Math.max(largestCount(spans), 1) / PLACES) * PLACES;
    const text = textFacts(tokens, spans, s);
    if (!masks) return text;
    const r = masks.shape[1];
    const flat = (...values: Float32Array[]): tf.Tensor[] => values.map((x) => tf.tensor1d(x));
    const local = (): tf.Tensor[] => {
      if (this.options.localLoss === 'sentences')
        return flat(sentenceTargets(spans, sentenceRegions, r, s).targets);
      const { positive, negative, used } = pairWeights(spans, sentenceRegions, r, this.options.variant, s);
      return flat(positive, negative, used);
    };
    const across = (): tf.Tensor[] => {
      const { regions, excluded, own } = sentenceMatches(spans, tokens.ids, sentenceRegions, r, s);
      return flat(regions, excluded, own);
    };
    return [
      ...text,
      masks,
      ...(this.options.local ? local() : []),
      ...(this.options.acrossImages ? across() : []),
    ];
  }

  /** {@link lossVector} as a program. */
  private lossOf(
    features: readonly tf.Tensor[],
    present: tf.Tensor2D | null,
    facts: readonly tf.Tensor[],
  ): tf.Tensor {
    const [all, some] = this.lossPrograms;
    return present ? some.run(features, [...facts, present]) : all.run(features, facts);
  }

  /** The losses one after another, `[number of losses]`, of features and {@link facts}. */
  private lossVector(tensors: readonly tf.Tensor[], present: tf.Tensor2D | null, pass: Pass): tf.Tensor {
    const [embedded, patches, bias, averaging, masks, ...rest] = tensors as tf.Tensor3D[];
    const text = this.encode(embedded, bias, averaging, pass);
    const losses: tf.Scalar[] = [];
    if (this.options.global) losses.push(this.globalLoss(text, patches, present));
    if (masks && (this.options.local || this.options.acrossImages)) {
      const { sentences, regions } = this.projected(text.sentences, patches, masks, present);
      const shape = [...averaging.shape.slice(0, 2), masks.shape[1]] as [number, number, number];
      if (this.options.local) {
        losses.push(this.lossInside(tf.matMul(sentences, regions, false, true), rest, shape));
      }
      if (this.options.acrossImages) {
        const [named, excluded, own] = rest.slice(-3);
        const matches = { regions: named, excluded, own, shape };
        losses.push(sentenceMatchingLoss(sentences, regions, matches, this.options.localTemperature));
      }
    }
    const place = (k: number): tf.Tensor1D =>
      tf.tensor1d(Float32Array.from(losses, (_, i) => (i === k ? 1 : 0)));
    return losses.map((loss, k) => tf.mul(loss, place(k)) as tf.Tensor).reduce((sum, x) => tf.add(sum, x));
  }

  private globalLoss(text: TextFeatures, patches: tf.Tensor3D, present: tf.Tensor2D | null): tf.Scalar {
    const project = (x: tf.Tensor2D): tf.Tensor2D =>
      this.published ? applyLinear(this.projection, x) : this.compared(x);
    const images = meanOfPatches(patches, present);
    return symmetricInfoNce(project(text.reports), project(images), this.options.globalTemperature);
  }

  /** What sentences and regions of one image have to do with each other. */
  private lossInside(
    cosines: tf.Tensor3D,
    [first, negative, used]: readonly tf.Tensor[],
    shape: readonly [number, number, number],
  ): tf.Scalar {
    const { localTemperature: temperature } = this.options;
    if (this.options.localLoss === 'sentences')
      return regionOfSentenceLoss(cosines, { targets: first, shape }, temperature);
    const options = { temperature, epsilon: this.published ? 1e-8 : 0 };
    return sentenceRegionLoss(cosines, { positive: first, negative, used, shape }, options);
  }

  /** Unit vectors of sentences `[b, s, projection]` and regions `[b, r, projection]`. */
  private projected(
    sentences: tf.Tensor3D,
    patches: tf.Tensor3D,
    masks: tf.Tensor3D,
    present: tf.Tensor2D | null,
  ) {
    const pool = this.published ? meanOfMasked : meanOfSelected;
    return {
      sentences: this.compared(sentences),
      regions: this.compared(pool(patches, masks, present)),
    };
  }

  private get published(): boolean {
    return this.options.variant === 'published';
  }

  private spans({ tokens, separator }: LossInput): Span[][] {
    return batchSpans(tokens, separator, this.options.variant);
  }
}

/**
 * Draws text and image features together: reports with images (global), sentences with regions (local), as the
 * RACA paper does. See the README for the equations.
 *
 * @throws ZodError if the config is not valid
 */
export const contrastiveAlignment = (config: AlignmentConfig, random: Random): ContrastiveAlignment =>
  new ContrastiveAlignment(config, random);

/** Sentences beyond a multiple of this many have a program of their own. */
const PLACES = 4;

/** What the text encoder reads besides embedded tokens: the bias of its keys, and the matrix of sentences' means. */
function textFacts(
  { ids, shape: [b, t] }: TokenBatch,
  spans: readonly Span[][],
  s: number,
): [bias: tf.Tensor4D, averaging: tf.Tensor3D] {
  const bias = keyBias((i, j) => j === 0 || ids[i * t + j] !== 0, b, t);
  return [bias, tf.tensor3d(averagingMatrix(spans, t, s), [b, s, t])];
}
