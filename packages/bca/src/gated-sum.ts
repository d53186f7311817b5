import {
  applyLinear,
  constant,
  disposeParameters,
  type Fusion,
  type FusionInput,
  type Initializer,
  LARGEST,
  type Linear,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  orthogonal,
  Parameters,
  type Random,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { checkFused, fusedMemory, presentInput, regionMeans, regionsOfPatches } from './masks';

/** Options of {@link gatedSum}. */
export const gatedSumConfigSchema = z.strictObject({
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the patches.'),
});

/** Config of {@link gatedSum}; every field has a default. */
export type GatedSumConfig = z.input<typeof gatedSumConfigSchema>;

/** Of new gates: g starts near σ(−2) = 0.12, so F near G. */
const GATE_BIAS = -2;

class GatedSum implements Fusion {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly width: number;
  private readonly gate: Linear;
  private readonly value: Linear;

  constructor(config: GatedSumConfig, random: Random) {
    const parsed = gatedSumConfigSchema.parse(config);
    const { width: d } = parsed;
    const p = Parameters.create(random);
    const make = (name: string, input: number, bias: Initializer): Linear => ({
      weight: p.scope(name).add('weight', [input, d], orthogonal),
      bias: p.scope(name).add('bias', [d], bias),
    });
    this.width = d;
    this.gate = make('gate', 2 * d, constant(GATE_BIAS));
    this.value = make('value', d, zeros);
    this.parameters = p.all;
    this.info = { package: '@raca/bca', version, name: 'gatedSum', config: parsed };
  }

  fuse(input: FusionInput): Memory {
    checkFused('gatedSum', input, this.width, null);
    return fusedMemory(input.features.present, () => {
      const { patches, masks } = presentInput(input);
      const regional = regionsOfPatches(regionMeans(patches, masks), masks); // R [b, p, d]
      const gate = tf.sigmoid(applyLinear(this.gate, tf.concat([patches, regional], 2)));
      const update = tf.sub(applyLinear(this.value, regional), patches);
      return tf.add(patches, tf.mul(gate, update)) as tf.Tensor3D;
    });
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }
}

/**
 * Each channel of each patch chooses between the patch and its regions: F = (1 − g) ⊙ G + g ⊙ (R W_v + c_v) with
 * g = σ([G; R] W_g + c_g). R_i is the mean, over the regions that select patch i, of each region's mean patch; 0 where
 * none does.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; fuse throws RangeError for shapes that do not
 * @see gated multimodal unit: Arevalo et al. 2017, arXiv:1702.01992
 */
export const gatedSum = (config: GatedSumConfig, random: Random): Fusion => new GatedSum(config, random);
