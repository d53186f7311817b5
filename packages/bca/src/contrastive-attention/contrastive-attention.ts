import {
  disposeParameters,
  type Fusion,
  type FusionInput,
  type Linear,
  type LossInput,
  linear,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  onlyPresent,
  Parameters,
  type Pass,
  type PatchFeatures,
  type Random,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../../package.json';
import { checkFused } from '../masks';
import { type ContrastiveAttentionConfig, contrastiveAttentionConfigSchema } from './config';
import {
  besideDifference,
  closestOf,
  commonOf,
  type DifferenceAttention,
  differenceAttention,
} from './difference';
import { type NormalStudies, normalOnes, normalStudies, remember } from './normal-studies';

/** A fusion that remembers normal studies. */
export interface ContrastiveAttentionFusion extends Fusion {
  /**
   * Puts mean patches of normal studies `[k, d]` in front of those remembered. Training does so by itself where it has
   * labels of the reports.
   * @throws RangeError for another width
   */
  remember(normal: tf.Tensor2D): void;
}

class ContrastiveAttention implements ContrastiveAttentionFusion {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof contrastiveAttentionConfigSchema>;
  private readonly attention: DifferenceAttention;
  private readonly fc: Linear;
  private readonly normal: NormalStudies;

  constructor(config: ContrastiveAttentionConfig, random: Random) {
    this.config = contrastiveAttentionConfigSchema.parse(config);
    const { width: d, attentions, pool } = this.config;
    const p = Parameters.create(random);
    this.attention = differenceAttention(p, d, attentions);
    this.fc = linear(p.scope('fc'), 2 * d, d);
    this.normal = normalStudies(p.scope('normal'), pool, d);
    this.parameters = p.all;
    this.info = { package: '@raca/bca', version, name: 'contrastiveAttention', config: this.config };
  }

  fuse(input: FusionInput): Memory {
    checkFused('contrastiveAttention', input, this.config.width, null);
    const { patches, present } = input.features;
    const [b, p, d] = patches.shape;
    const parts = [{ name: 'patches', from: 0, to: p }];
    const { global } = this.config;
    if (global) parts.push({ name: 'global', from: p, to: p + 1 });
    const there = global && present ? tf.tidy(() => tf.concat([present, tf.ones([b, 1])], 1)) : present;
    const tokens = tf.tidy(() => {
      const mean = meanPatch(input.features);
      const own = onlyPresent(patches, present, 1);
      const vectors = global ? (tf.concat([own, tf.reshape(mean, [b, 1, d])], 1) as tf.Tensor3D) : own;
      return onlyPresent(besideDifference(this.fc, vectors, this.difference(mean)), there as tf.Tensor2D, 1);
    });
    return { tokens, present: there as tf.Tensor2D | null, parts };
  }

  losses({ features, labels }: LossInput, pass: Pass): Record<string, tf.Scalar> {
    if (!pass.training || !labels) return {};
    const rows = normalOnes(labels);
    if (rows.length === 0) return {};
    tf.tidy(() => remember(this.normal, tf.gather(meanPatch(features), tf.tensor1d(rows, 'int32'))));
    return {};
  }

  remember(normal: tf.Tensor2D): void {
    const d = this.config.width;
    if (normal.rank !== 2 || normal.shape[1] !== d) {
      throw new RangeError(`contrastiveAttention: normal studies must be [k, ${d}], got [${normal.shape}]`);
    }
    remember(this.normal, normal);
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }

  /** v − common, 0 as long as nothing is remembered: `[b, d]`. */
  private difference(v: tf.Tensor2D): tf.Tensor2D {
    const [pool, filled] = [this.normal.vectors as unknown as tf.Tensor2D, this.normal.filled];
    const closest = closestOf(this.attention, v, pool, filled as unknown as tf.Tensor1D);
    const difference = tf.sub(v, commonOf(this.attention, v, closest));
    return tf.mul(difference, tf.max(filled)) as tf.Tensor2D;
  }
}

/** The mean of the patches that there are: `[b, d]`, 0 where there is none. */
function meanPatch({ patches, present }: PatchFeatures): tf.Tensor2D {
  if (!present) return tf.mean(patches, 1);
  const [b, p, d] = patches.shape;
  const weights = tf.div(present, tf.maximum(tf.sum(present, 1, true), 1));
  return tf.reshape(tf.matMul(tf.reshape(weights, [b, 1, p]), onlyPresent(patches, present, 1)), [b, d]);
}

/**
 * Every patch beside what sets the study apart from normal ones: F = relu(fc([G; v − c])), v the mean patch, c what it has in
 * common with the nearest normal studies. Remembers the mean patches of the last studies of training whose report finds
 * nothing, by `labels` of the batch; the pool of the paper is drawn once.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; fuse throws RangeError for shapes that do not
 * @see Liu et al. 2021, "Contrastive Attention for Automatic Chest X-ray Report Generation", arXiv:2106.06965
 */
export const contrastiveAttention = (
  config: ContrastiveAttentionConfig,
  random: Random,
): ContrastiveAttentionFusion => new ContrastiveAttention(config, random);
