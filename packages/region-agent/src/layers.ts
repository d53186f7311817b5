import { type AgentInput, type DifferentiableRegionAgent, LARGEST, type RegionAgent } from '@raca/core';
import { axes, type LayerOptions, lossRows, ModuleLayer, patchFeatures, type Shell } from '@raca/core/layers';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type GumbelAgentConfig, gumbelAgent, gumbelAgentConfigSchema } from './gumbel-agent';
import { type PriorAgentConfig, priorAgent, priorAgentConfigSchema } from './prior-agent';
import { regionsOf } from './region-set';

/** What an agent as a layer has to be told besides its config. */
export interface AgentLayerOptions {
  /** Rows and columns of patches of a view. */
  readonly grid: { readonly rows: number; readonly cols: number };
}

const side = z.int().positive().max(LARGEST.gridSide);
const grid = z.strictObject({ rows: side, cols: side });
const priorSchema = priorAgentConfigSchema.extend({ grid });
const gumbelSchema = gumbelAgentConfigSchema.extend({ grid });

/** What an agent looks at: patches `[b, p, d]` and perhaps presence `[b, p]`. */
function agentInput([patches, present]: readonly tf.Tensor[], size: AgentLayerOptions['grid']): AgentInput {
  const features = patchFeatures(patches, present, size);
  return { features, views: { input: { features }, kinds: features.kinds } };
}

const PRIOR: Shell<z.output<typeof priorSchema>, RegionAgent> = {
  schema: priorSchema,
  make: ({ grid: _, ...config }) => priorAgent(config),
  inputs: () => [axes(3), axes(2)],
  required: 1,
  outputShape: ([[b, p]], config) => [b, regionsOf(config).names.length, p],
  run: (agent, inputs, _, config) => agent.locate(agentInput(inputs, config.grid)).masks,
};

/** {@link priorAgent} as a layer: patches `[b, p, d]`, perhaps presence `[b, p]` → masks `[b, r, p]` of 0 and 1. */
export class PriorAgentLayer extends ModuleLayer<RegionAgent> {
  static readonly className = 'RacaPriorAgent';
  constructor(options: LayerOptions<PriorAgentConfig & AgentLayerOptions>) {
    super(options, PRIOR);
  }
}
tf.serialization.registerClass(PriorAgentLayer);

const GUMBEL: Shell<z.output<typeof gumbelSchema>, DifferentiableRegionAgent> = {
  schema: gumbelSchema,
  make: ({ grid: _, ...config }, random) => gumbelAgent(config, random),
  inputs: ({ width }) => [axes(3, { 2: width }), axes(2)],
  required: 1,
  outputShape([[b, p]], config) {
    const masks = [b, regionsOf(config).names.length, p];
    return [masks, masks, [b, 1]];
  },
  run(agent, inputs, pass, config) {
    const { masks, probabilities, losses } = agent.relax(agentInput(inputs, config.grid), pass);
    return [masks, probabilities, lossRows(losses, ['agentPrior'], inputs[0].shape[0])];
  },
};

/**
 * {@link gumbelAgent} as a layer: patches `[b, p, d]` and perhaps presence `[b, p]` → `[masks, probabilities, losses]`,
 * `[b, r, p]` twice and `[b, 1]`. Masks are 0 and 1, sampled in training, and pass a gradient on to the layer's weights.
 * The loss is the distance from the prior, for `sumOfLosses`; 0 with `priorWeight: 0`.
 */
export class GumbelAgentLayer extends ModuleLayer<DifferentiableRegionAgent> {
  static readonly className = 'RacaGumbelAgent';
  constructor(options: LayerOptions<GumbelAgentConfig & AgentLayerOptions>) {
    super(options, GUMBEL);
  }
}
tf.serialization.registerClass(GumbelAgentLayer);
