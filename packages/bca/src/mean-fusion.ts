import type { Fusion, FusionInput, Memory, ModuleInfo, NamedParameters } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { checkFused, fusedMemory, presentInput } from './masks';

/** Options of {@link meanFusion}: none. */
export const meanFusionConfigSchema = z.strictObject({});

/** Config of {@link meanFusion}. */
export type MeanFusionConfig = z.input<typeof meanFusionConfigSchema>;

class MeanFusion implements Fusion {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters = new Map();

  constructor(config: MeanFusionConfig) {
    this.info = {
      package: '@raca/bca',
      version,
      name: 'meanFusion',
      config: meanFusionConfigSchema.parse(config),
    };
  }

  fuse(input: FusionInput): Memory {
    checkFused('meanFusion', input, null, null);
    return fusedMemory(input.features.present, () => {
      const { patches, masks } = presentInput(input);
      const share = tf.reshape(tf.mean(masks, 1), [patches.shape[0], -1, 1]);
      return tf.mul(patches, tf.add(share, 1)) as tf.Tensor3D;
    });
  }

  dispose(): void {}
}

/**
 * Adds the mean of the masked copies to the patches: F = G + (1/r) Σ_k mask_k ⊙ G, so each patch times 1 + the share of
 * regions that select it. No weights: the first values of BCA's mix without its attention, the simplest way to
 * use masks.
 *
 * @throws ZodError for any option; fuse throws RangeError for shapes that do not fit
 */
export const meanFusion = (config: MeanFusionConfig = {}): Fusion => new MeanFusion(config);
