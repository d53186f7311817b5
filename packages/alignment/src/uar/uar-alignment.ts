import {
  type Alignment,
  disposeParameters,
  type LossInput,
  type ModuleInfo,
  type NamedParameters,
  Parameters,
  type Pass,
  type Random,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../../package.json';
import { checkAligned } from '../checks';
import { unitLength } from '../losses';
import { meanOfPatches, meanOfSelected } from '../pooling';
import { averagingMatrix, batchSpans, largestCount, type Span } from '../sentences';
import { wordsOf } from '../words';
import {
  attendCalibrated,
  type CalibratedAttention,
  calibratedAttention,
  maskLoss,
} from './calibrated-attention';
import { type UarAlignmentConfig, uarAlignmentConfigSchema } from './config';
import { hardestTripletLoss } from './hardest-triplet';
import { type SharedBasis, sharedBasis, unified } from './shared-basis';

class UarAlignment implements Alignment {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof uarAlignmentConfigSchema>;
  private readonly basis: SharedBasis;
  private readonly attention: CalibratedAttention | null;

  constructor(config: UarAlignmentConfig, random: Random) {
    this.config = uarAlignmentConfigSchema.parse(config);
    const { width: d, heads, basis, calibrated, maxLength, patches, sharpness } = this.config;
    const p = Parameters.create(random);
    this.basis = sharedBasis(p, d, heads, basis);
    this.attention = calibrated
      ? calibratedAttention(p.scope('calibrated'), [d, maxLength, patches], sharpness)
      : null;
    this.parameters = p.all;
    this.info = { package: '@raca/alignment', version, name: 'uarAlignment', config: this.config };
  }

  losses(input: LossInput, _pass: Pass): Record<string, tf.Scalar> {
    checkAligned(input, this.config.width);
    const { embedded, features } = input;
    return tf.tidy(() => {
      const [words, patches] = [unified(this.basis, embedded), unified(this.basis, features.patches)];
      const counted = wordsOf(input.tokens);
      const rivals = rivalsOf(input);
      const reports = unitLength(meanOfPatches(words, counted));
      const images = unitLength(meanOfPatches(patches, features.present));
      const contrast = (x: tf.Tensor2D): tf.Scalar =>
        hardestTripletLoss(tf.matMul(x, reports, false, true), rivals, this.config.margin);
      const losses: Record<string, tf.Scalar> = { global: contrast(images) };
      if (this.attention) {
        const seen = attendCalibrated(this.attention, words, patches, features.present);
        losses.refined = contrast(unitLength(meanOfPatches(seen, counted)));
        losses.mask = maskLoss(this.attention);
      }
      return losses;
    });
  }

  similarity(input: LossInput): tf.Tensor3D {
    checkAligned(input, this.config.width);
    const { masks, features, tokens, separator } = input;
    if (!masks) throw new Error('alignment: similarity needs region masks, got null');
    return tf.tidy(() => {
      const spans = batchSpans(tokens, separator, 'raca');
      const [words, patches] = [unified(this.basis, input.embedded), unified(this.basis, features.patches)];
      const sentences = unitLength(tf.matMul(averaging(spans, tokens.shape[1]), words));
      const regions = unitLength(meanOfSelected(patches, masks, features.present));
      return tf.matMul(sentences, regions, false, true);
    });
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }
}

/** {@link averagingMatrix} `[b, s, t]`, in which an empty sentence has a row of 0. */
function averaging(spans: readonly (readonly Span[])[], t: number): tf.Tensor3D {
  const s = largestCount(spans);
  return tf.tensor3d(averagingMatrix(spans, t), [spans.length, s, t]);
}

/** `[b, b]`: 1 where two studies have different reports; the same words are no wrong pair. */
function rivalsOf({ tokens: { ids, shape } }: LossInput): tf.Tensor2D {
  const [b, t] = shape;
  const texts = Array.from({ length: b }, (_, i) => ids.subarray(i * t, (i + 1) * t).join(' '));
  const values = texts.flatMap((text) => texts.map((other) => (text === other ? 0 : 1)));
  return tf.tensor2d(values, [b, b]);
}

/**
 * Text and image in the space of one orthonormal basis, drawn together by triplets with hardest negatives, after UAR
 * ("Unify, Align and then Refine"). UAR reads codes of a discrete VAE and has its calibrated attention in the decoder; here
 * the patches of the visual encoder are read, and with `calibrated` what the words of a report see has to find that report.
 *
 * @throws ZodError if the config is not valid
 * @see Li et al. 2023, "Unify, Align and Refine: Multi-Level Semantic Alignment for Radiology Report Generation", ICCV
 */
export const uarAlignment = (config: UarAlignmentConfig, random: Random): Alignment =>
  new UarAlignment(config, random);
