import {
  applyNorm,
  disposeParameters,
  encoderLevels,
  type Fusion,
  type FusionInput,
  glorotUniform,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  Parameters,
  type Pass,
  presenceBias,
  type Random,
  type TransformerEncoder,
  transformerEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../../package.json';
import { checkFused, fusedMemory, presentInput } from '../masks';
import { HEADS_DIVIDE, headsDivide, transformerFields } from '../transformer-fields';

/** Options of {@link regionEncoder}. */
export const regionEncoderConfigSchema = transformerFields
  .extend({
    strength: z
      .number()
      .min(0)
      .default(4)
      .describe(
        'λ, taken from the scores of two patches that share no region; their weight is then e^λ times smaller. 0: an ordinary Transformer.',
      ),
    fade: z
      .boolean()
      .default(true)
      .describe(
        'Whether λ falls from layer to layer, to 0 at the last of several, so that patches look within regions first and everywhere in the end.',
      ),
  })
  .refine(headsDivide, HEADS_DIVIDE);

/** Config of {@link regionEncoder}; every field has a default. */
export type RegionEncoderConfig = z.input<typeof regionEncoderConfigSchema>;

class RegionEncoder implements Fusion {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof regionEncoderConfigSchema>;
  private readonly encoder: TransformerEncoder;

  constructor(config: RegionEncoderConfig, random: Random) {
    this.config = regionEncoderConfigSchema.parse(config);
    const p = Parameters.create(random);
    this.encoder = transformerEncoder(p.scope('encoder'), this.config, glorotUniform);
    this.parameters = p.all;
    this.info = { package: '@raca/bca', version, name: 'regionEncoder', config: this.config };
  }

  fuse(input: FusionInput, pass: Pass): Memory {
    const { width, strength, fade, layers } = this.config;
    checkFused('regionEncoder', input, width, null);
    return fusedMemory(input.features.present, () => {
      const { patches, masks, present } = presentInput(input);
      const absent = presenceBias(present);
      const [b, , p] = masks.shape;
      const apart = strength > 0 ? tf.reshape(patchesApart(masks), [b, 1, p, p]) : null;
      const biasOf = (layer: number): tf.Tensor | null => {
        const share = fade && layers > 1 ? 1 - layer / (layers - 1) : 1;
        if (!apart || share === 0) return absent;
        const bias = tf.mul(apart, -strength * share);
        return absent ? tf.add(bias, absent) : bias;
      };
      const levels = encoderLevels(this.encoder, patches, biasOf, pass);
      return applyNorm(this.encoder.norm, levels[layers]);
    });
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }
}

/**
 * 1 where both patches are in some region and in none together, else 0: `[b, p, p]`. No gradient to the masks.
 * @param masks `[b, r, p]`, each 0 or 1
 */
export function patchesApart(masks: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const together = tf.step(tf.matMul(masks, masks, true, false)) as tf.Tensor3D; // [b, p, p]
    const placed = tf.step(tf.sum(masks, 1, true)) as tf.Tensor3D; // [b, 1, p]
    return tf.mul(tf.sub(1, together), tf.matMul(placed, placed, true, false));
  });
}

/**
 * A Transformer over the patches whose attention knows the regions by a bias without parameters: scores of two patches that
 * are in regions, but in none together, are lowered by λ, less from layer to layer. Weights are those of an ordinary
 * Transformer. Ours. With `vision.config.layers: 0` it is the only encoder.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; fuse throws RangeError for shapes that do not
 */
export const regionEncoder = (config: RegionEncoderConfig, random: Random): Fusion =>
  new RegionEncoder(config, random);
