import {
  type AgentInput,
  LARGEST,
  type ModuleInfo,
  type NamedParameters,
  onlyPresent,
  REGIONS,
  type RegionAgent,
  type RegionMasks,
  VIEW_KINDS,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { checkFeatures } from './checks';
import { ByKinds, joined, kindsOf } from './prior/kinds';
import { priorFor } from './prior/prior-for';

/** Options of {@link priorAgent}. */
export const priorAgentConfigSchema = z.strictObject({
  variant: z
    .enum(['raca', 'published'])
    .default('raca')
    .describe('Whose prior: ours on any grid, or the published 7 × 7 masks.'),
  views: z
    .array(z.enum(VIEW_KINDS))
    .min(1)
    .max(LARGEST.views)
    .default(['frontal', 'lateral'])
    .describe(
      'What each view of a study shows, where the study does not say; `unknown` and `other` views have no region.',
    ),
});

/** Config of {@link priorAgent}; every field has a default. */
export type PriorAgentConfig = z.input<typeof priorAgentConfigSchema>;

class PriorAgent implements RegionAgent {
  readonly info: ModuleInfo;
  readonly reads = 'features';
  readonly parameters: NamedParameters = new Map();
  private readonly config: z.output<typeof priorAgentConfigSchema>;
  private readonly priors: ByKinds<Float32Array>;

  constructor(config: PriorAgentConfig) {
    this.config = priorAgentConfigSchema.parse(config);
    this.info = { package: '@raca/region-agent', version, name: 'priorAgent', config: this.config };
    this.priors = new ByKinds((grid, kinds) => priorFor(grid, kinds, this.config.variant).masks);
  }

  locate({ features }: AgentInput): RegionMasks {
    checkFeatures('priorAgent', features, null);
    const [b, p] = features.patches.shape;
    const { grid } = features;
    const drawn = this.priors.of(
      grid,
      kindsOf('priorAgent', features.kinds, [b, grid.views], this.config.views),
    );
    const masks = (): tf.Tensor3D =>
      tf.tidy(() => {
        const each = tf.tensor3d(joined(drawn), [drawn.length, REGIONS.length, p]);
        return onlyPresent(tf.tile(each, [b / drawn.length, 1, 1]), features.present, 2);
      });
    return { masks: masks(), probabilities: masks() };
  }

  dispose(): void {}
}

/**
 * Finds the same regions in every image: the prior itself. The baseline that a learning agent has to beat.
 * @throws ZodError if the config is not valid
 */
export const priorAgent = (config: PriorAgentConfig = {}): RegionAgent => new PriorAgent(config);
