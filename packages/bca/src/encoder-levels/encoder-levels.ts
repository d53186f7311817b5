import {
  applyNorm,
  disposeParameters,
  type Fusion,
  type FusionInput,
  glorotUniform,
  joinMemories,
  encoderLevels as levelsOf,
  type Memory,
  type ModuleInfo,
  memoryPart,
  type NamedParameters,
  type Norm,
  norm,
  onlyPresent,
  Parameters,
  type Pass,
  presenceBias,
  type Random,
  type TransformerEncoder,
  transformerEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../../package.json';
import { checkFused } from '../masks';
import { HEADS_DIVIDE, headsDivide, transformerFields } from '../transformer-fields';

/** Options of {@link encoderLevels}. */
export const encoderLevelsConfigSchema = transformerFields.refine(headsDivide, HEADS_DIVIDE);

/** Config of {@link encoderLevels}; every field has a default. */
export type EncoderLevelsConfig = z.input<typeof encoderLevelsConfigSchema>;

class EncoderLevels implements Fusion {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof encoderLevelsConfigSchema>;
  private readonly encoder: TransformerEncoder;
  /** Of all levels but the last, whose norm is the encoder's. */
  private readonly norms: readonly Norm[];

  constructor(config: EncoderLevelsConfig, random: Random) {
    this.config = encoderLevelsConfigSchema.parse(config);
    const { width: d, layers } = this.config;
    const p = Parameters.create(random);
    this.encoder = transformerEncoder(p.scope('encoder'), this.config, glorotUniform);
    this.norms = Array.from({ length: layers - 1 }, (_, i) => norm(p.scope('norms').scope(i), d));
    this.parameters = p.all;
    this.info = { package: '@raca/bca', version, name: 'encoderLevels', config: this.config };
  }

  fuse(input: FusionInput, pass: Pass): Memory {
    checkFused('encoderLevels', input, this.config.width, null);
    const { patches, present } = input.features;
    const memories = (): Memory[] => {
      const bias = presenceBias(present);
      const [, ...levels] = levelsOf(this.encoder, onlyPresent(patches, present, 1), () => bias, pass);
      const part = (name: string, own: Norm, level: tf.Tensor3D): Memory =>
        memoryPart(name, onlyPresent(applyNorm(own, level), present, 1), present);
      const last = part('patches', this.encoder.norm, levels[levels.length - 1]);
      return [last, ...this.norms.map((own, i) => part(`level-${i + 1}`, own, levels[i]))];
    };
    return tidyMemory(() => joinMemories(memories()), present);
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }
}

/** `tf.tidy` for a memory. @param outer presence that is the caller's, which the memory may share */
function tidyMemory(run: () => Memory, outer: tf.Tensor2D | null): Memory {
  let parts: Memory['parts'] = [];
  const [tokens, present] = tf.tidy(() => {
    const memory = run();
    parts = memory.parts;
    return memory.present && memory.present !== outer ? [memory.tokens, memory.present] : [memory.tokens];
  });
  return { tokens: tokens as tf.Tensor3D, present: (present as tf.Tensor2D | undefined) ?? outer, parts };
}

/**
 * A Transformer over the patches that shows all its layers to the decoder: `patches` are what the last layer makes of them, and
 * `level-1`, `level-2` … what the layers before it do, each with a norm of its own. The `u-links` decoder reads one level a layer;
 * any other reads all of them at every layer. With `vision.config.layers: 0` this is the only encoder.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; fuse throws RangeError for shapes that do not
 * @see Huang et al. 2023, "KiUT: Knowledge-injected U-Transformer for Radiology Report Generation", arXiv:2306.11345, from its
 *   abstract and supplement
 */
export const encoderLevels = (config: EncoderLevelsConfig, random: Random): Fusion =>
  new EncoderLevels(config, random);
