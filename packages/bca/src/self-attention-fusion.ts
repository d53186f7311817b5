import {
  type Attention,
  applyNorm,
  attend,
  attention,
  disposeParameters,
  dropout,
  type Fusion,
  type FusionInput,
  keysValues,
  LARGEST,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  type Norm,
  norm,
  normal,
  orthogonal,
  Parameters,
  type Pass,
  presenceBias,
  type Random,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { checkFused, fusedMemory, presentInput, regionMeans } from './masks';

/** Options of {@link selfAttentionFusion}. */
export const selfAttentionFusionConfigSchema = z
  .strictObject({
    width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the patches.'),
    heads: z.int().positive().max(LARGEST.heads).default(8).describe('Attention heads; must divide `width`.'),
    dropout: z.number().min(0).lt(1).default(0.1).describe('Dropout of attention weights and of the update.'),
    regions: z.int().positive().max(LARGEST.regions).default(12).describe('r, number of regions.'),
  })
  .refine((c) => c.width % c.heads === 0, { error: 'heads must divide width', path: ['heads'] });

/** Config of {@link selfAttentionFusion}; every field has a default. */
export type SelfAttentionFusionConfig = z.input<typeof selfAttentionFusionConfigSchema>;

/** Standard deviation of new region embeddings, below that of patches. */
const EMBEDDING_SD = 0.1;

class SelfAttentionFusion implements Fusion {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof selfAttentionFusionConfigSchema>;
  private readonly embedding: tf.Variable;
  private readonly norm: Norm;
  private readonly attention: Attention;

  constructor(config: SelfAttentionFusionConfig, random: Random) {
    this.config = selfAttentionFusionConfigSchema.parse(config);
    const { width: d, heads, regions: r } = this.config;
    const p = Parameters.create(random);
    this.embedding = p.scope('regions').add('weight', [r, d], normal(EMBEDDING_SD));
    this.norm = norm(p.scope('norm'), d);
    this.attention = attention(p.scope('attention'), d, heads, orthogonal);
    this.parameters = p.all;
    this.info = { package: '@raca/bca', version, name: 'selfAttentionFusion', config: this.config };
  }

  fuse(input: FusionInput, pass: Pass): Memory {
    const { width, regions, dropout: rate } = this.config;
    checkFused('selfAttentionFusion', input, width, regions);
    return fusedMemory(input.features.present, () => {
      const { patches, masks, present } = presentInput(input);
      // every region is there, whatever it has selected
      const keys = present && (tf.concat([present, tf.ones([patches.shape[0], regions])], 1) as tf.Tensor2D);
      const named = tf.add(regionMeans(patches, masks), this.embedding); // [b, r, d]
      const all = applyNorm(this.norm, tf.concat([patches, named], 1)) as tf.Tensor3D; // [b, p + r, d]
      const queries = tf.slice(all, [0, 0, 0], patches.shape);
      const memory = keysValues(this.attention, all);
      const update = attend(this.attention, queries, memory, presenceBias(keys), rate, pass);
      return tf.add(patches, dropout(update, rate, pass)) as tf.Tensor3D;
    });
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }
}

/**
 * One pre-norm layer of multi-head self-attention over the patches and, after them, one vector a region (the mean of its
 * patches plus a learned embedding): F = G + Attention(N [G; R])[first p]. Rows of regions would be cut off, so they are
 * keys and values only.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; fuse throws RangeError for shapes that do not
 */
export const selfAttentionFusion = (config: SelfAttentionFusionConfig, random: Random): Fusion =>
  new SelfAttentionFusion(config, random);
