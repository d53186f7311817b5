import type { ModuleInfo, NamedParameters, PatchFeatures, RegionAgent, RegionMasks } from '@raca/core';
import { LARGEST, REGIONS } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { checkFeatures } from './checks';
import { priorFor } from './prior/prior-for';

/** Options of {@link priorAgent}. */
export const priorAgentConfigSchema = z.strictObject({
  variant: z
    .enum(['raca', 'published'])
    .default('raca')
    .describe('Whose prior: ours on any grid, or the published 7 × 7 masks.'),
  views: z
    .array(z.enum(['frontal', 'lateral', 'unknown']))
    .min(1)
    .max(LARGEST.views)
    .default(['frontal', 'lateral'])
    .describe('What each view of a study shows; `unknown` views have no region.'),
});

/** Config of {@link priorAgent}; every field has a default. */
export type PriorAgentConfig = z.input<typeof priorAgentConfigSchema>;

class PriorAgent implements RegionAgent {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters = new Map();
  private readonly config: z.output<typeof priorAgentConfigSchema>;

  constructor(config: PriorAgentConfig) {
    this.config = priorAgentConfigSchema.parse(config);
    this.info = { package: '@raca/region-agent', version, name: 'priorAgent', config: this.config };
  }

  locate(features: PatchFeatures): RegionMasks {
    checkFeatures('priorAgent', features, null);
    const [b, p] = features.patches.shape;
    const { masks } = priorFor(features.grid, this.config.views, this.config.variant);
    const tiled = (): tf.Tensor3D =>
      tf.tidy(() => tf.tile(tf.tensor3d(masks, [1, REGIONS.length, p]), [b, 1, 1]));
    return { masks: tiled(), probabilities: tiled() };
  }

  dispose(): void {}
}

/**
 * Finds the same regions in every image: the prior itself. The baseline that a learning agent has to beat.
 * @throws ZodError if the config is not valid
 */
export const priorAgent = (config: PriorAgentConfig = {}): RegionAgent => new PriorAgent(config);
