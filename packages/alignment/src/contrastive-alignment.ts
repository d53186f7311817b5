import {
  type Alignment,
  type AlignmentInput,
  applyLinear,
  applyTransformerEncoder,
  disposeParameters,
  EVALUATION,
  keyBias,
  type Linear,
  linear,
  type ModuleInfo,
  type NamedParameters,
  orthogonal,
  Parameters,
  type Pass,
  type Random,
  TrainedProgram,
  type TransformerEncoder,
  transformerEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../package.json';
import { type AlignmentConfig, alignmentConfigSchema } from './config';
import { pairWeights, sentenceTargets } from './labels';
import { regionOfSentenceLoss, sentenceRegionLoss, symmetricInfoNce, unitLength } from './losses';
import { meanOfMasked, meanOfSelected } from './pooling';
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
  private readonly program: TrainedProgram;

  constructor(config: AlignmentConfig, random: Random) {
    this.options = alignmentConfigSchema.parse(config);
    this.info = { package: '@raca/alignment', version, name: 'contrastiveAlignment', config: this.options };
    const p = Parameters.create(random);
    this.encoder = transformerEncoder(p.scope('encoder'), this.options, orthogonal);
    this.projection = linear(p.scope('projection'), this.options.width, this.options.projection, orthogonal);
    this.parameters = p.all;
    const own = new Map([...p.all].filter(([name]) => name.startsWith('encoder.')));
    this.program = new TrainedProgram(own, ([x, bias]) =>
      applyTransformerEncoder(this.encoder, x as tf.Tensor3D, bias, EVALUATION),
    );
  }

  losses(input: AlignmentInput, pass: Pass): Record<string, tf.Scalar> {
    this.check(input);
    return tf.tidy(() => {
      const spans = this.spans(input);
      const text = this.encodeText(input, pass);
      return {
        ...(this.options.global && { global: this.globalLoss(text, input) }),
        ...(input.masks && this.regionLosses(text, input, spans)),
      };
    });
  }

  similarity(input: AlignmentInput): tf.Tensor3D {
    this.check(input);
    if (!input.masks) throw new Error('alignment: similarity needs region masks, got null');
    return tf.tidy(() => {
      const spans = this.spans(input);
      const [b, s] = [spans.length, largestCount(spans)];
      if (s === 0) return tf.zeros([b, 0, input.masks!.shape[1]]);
      const exists = Float32Array.from({ length: b * s }, (_, k) => {
        const span = spans[Math.floor(k / s)][k % s];
        return span && span.to > span.from ? 1 : 0;
      });
      const { sentences, regions } = this.projected(this.encodeText(input, EVALUATION), input);
      return tf.mul(tf.matMul(sentences, regions, false, true), tf.tensor3d(exists, [b, s, 1]));
    });
  }

  /** Text encoder and means. */
  encodeText(input: AlignmentInput, pass: Pass): TextFeatures {
    this.check(input);
    return tf.tidy(() => {
      const [b, t] = input.tokens.shape;
      const spans = this.spans(input);
      const { ids } = input.tokens;
      const bias = keyBias((i, j) => j === 0 || ids[i * t + j] !== 0, b, t);
      const plain = pass.training && this.options.dropout > 0;
      const tokens = plain
        ? applyTransformerEncoder(this.encoder, input.embedded, bias, pass)
        : (this.program.run([input.embedded], [bias]) as tf.Tensor3D);
      const reports = tf.reshape(tf.slice(tokens, [0, 0, 0], [b, 1, -1]), [b, -1]) as tf.Tensor2D;
      const s = largestCount(spans);
      const sentences: tf.Tensor3D =
        s === 0
          ? tf.zeros([b, 0, this.options.width])
          : tf.matMul(tf.tensor3d(averagingMatrix(spans, t), [b, s, t]), tokens);
      return { tokens, reports, sentences };
    });
  }

  dispose(): void {
    this.program.dispose();
    disposeParameters(this.parameters);
  }

  private globalLoss(text: TextFeatures, { patches }: AlignmentInput): tf.Scalar {
    const project = (x: tf.Tensor2D): tf.Tensor2D => {
      const y = applyLinear(this.projection, x);
      return this.published ? y : unitLength(y);
    };
    const images = tf.mean(patches, 1) as tf.Tensor2D;
    return symmetricInfoNce(project(text.reports), project(images), this.options.globalTemperature);
  }

  /** What sentences and regions have to do with each other. */
  private regionLosses(text: TextFeatures, input: AlignmentInput, spans: readonly Span[][]) {
    const { local, acrossImages = !this.published, localTemperature } = this.options;
    if (!local && !acrossImages) return {};
    const { sentences, regions } = this.projected(text, input);
    const r = regions.shape[1];
    const losses: Record<string, tf.Scalar> = {};
    if (local) {
      const cosines: tf.Tensor3D = tf.matMul(sentences, regions, false, true);
      losses.local = this.localLoss(cosines, spans, input.sentenceRegions);
    }
    if (acrossImages) {
      const matches = sentenceMatches(spans, input.tokens.ids, input.sentenceRegions, r);
      losses.matching = sentenceMatchingLoss(sentences, regions, matches, localTemperature);
    }
    return losses;
  }

  private localLoss(
    cosines: tf.Tensor3D,
    spans: readonly Span[][],
    labels: AlignmentInput['sentenceRegions'],
  ): tf.Scalar {
    const { variant, localTemperature: temperature } = this.options;
    const { localLoss = this.published ? 'means' : 'sentences' } = this.options;
    const r = cosines.shape[2];
    if (localLoss === 'sentences') {
      const targets = sentenceTargets(spans, labels, r);
      return targets.targets.some((x) => x > 0)
        ? regionOfSentenceLoss(cosines, targets, temperature)
        : tf.scalar(0);
    }
    const pairs = pairWeights(spans, labels, r, variant);
    const options = { temperature, epsilon: this.published ? 1e-8 : 0 };
    return pairs.used.includes(1) ? sentenceRegionLoss(cosines, pairs, options) : tf.scalar(0);
  }

  /** Unit vectors of sentences `[b, s, projection]` and regions `[b, r, projection]`. */
  private projected(text: TextFeatures, { patches, masks }: AlignmentInput) {
    const pool = this.published ? meanOfMasked : meanOfSelected;
    return {
      sentences: unitLength(applyLinear(this.projection, text.sentences)),
      regions: unitLength(applyLinear(this.projection, pool(patches, masks!))),
    };
  }

  private get published(): boolean {
    return this.options.variant === 'published';
  }

  private spans({ tokens, separator }: AlignmentInput): Span[][] {
    return batchSpans(tokens, separator, this.options.variant);
  }

  private check({ tokens, embedded, patches, masks, sentenceRegions }: AlignmentInput): void {
    const [b, t] = tokens.shape;
    const p = patches.shape[1];
    const d = this.options.width;
    expectShape('embedded tokens', embedded.shape, [b, t, d]);
    expectShape('patches', patches.shape, [b, p, d]);
    if (masks) expectShape('masks', masks.shape, [b, masks.shape[1], p]);
    if (sentenceRegions.length !== b) {
      throw new RangeError(
        `alignment: expected sentence regions of ${b} studies, got ${sentenceRegions.length}`,
      );
    }
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

function expectShape(what: string, found: readonly number[], expected: readonly number[]): void {
  if (found.length !== expected.length || found.some((s, i) => s !== expected[i])) {
    throw new RangeError(`alignment: ${what} must have shape [${expected}], got [${found}]`);
  }
}
