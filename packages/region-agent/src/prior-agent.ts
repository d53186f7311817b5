import {
  type AgentInput,
  LARGEST,
  type ModuleInfo,
  type NamedParameters,
  onlyPresent,
  type RegionAgent,
  type RegionMasks,
  type RegionSet,
  VIEW_KINDS,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { checkFeatures } from './checks';
import { ByKinds, joined, kindsOf } from './prior/kinds';
import { priorFor } from './prior/prior-for';
import { checkDrawings, regionsOf, regionsOption } from './region-set';

/** Options of {@link priorAgent}. */
export const priorAgentConfigSchema = z.strictObject({
  regions: regionsOption,
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
  private readonly regions: RegionSet;
  private readonly priors: ByKinds<Float32Array>;

  constructor(config: PriorAgentConfig) {
    this.config = priorAgentConfigSchema.parse(config);
    this.info = { package: '@raca/region-agent', version, name: 'priorAgent', config: this.config };
    this.regions = regionsOf(this.config);
    const { variant } = this.config;
    if (variant === 'published' && this.config.regions)
      throw new Error(`priorAgent: the published prior is of thorax-12, not of "${this.regions.name}"`);
    checkDrawings('priorAgent', this.regions);
    this.priors = new ByKinds((grid, kinds) => priorFor(grid, kinds, variant, this.regions).masks);
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
        const each = tf.tensor3d(joined(drawn), [drawn.length, this.regions.names.length, p]);
        return onlyPresent(tf.tile(each, [b / drawn.length, 1, 1]), features.present, 2);
      });
    return { masks: masks(), probabilities: masks() };
  }

  dispose(): void {}
}

/**
 * Finds the same regions in every image: the prior itself. The baseline that a learning agent has to beat.
 * @throws ZodError if the config is not valid
 * @throws Error if nobody says where its regions lie
 */
export const priorAgent = (config: PriorAgentConfig = {}): RegionAgent => new PriorAgent(config);
