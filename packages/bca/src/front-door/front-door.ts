import {
  disposeParameters,
  type Fusion,
  type FusionInput,
  linear,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  orthogonal,
  Parameters,
  presenceBias,
  type Random,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { checkFused, fusedMemory, presentInput, regionMeans } from '../masks';
import { type FrontDoorConfig, frontDoorConfigSchema } from './config';
import { frontDoorStep, type StepProjection } from './front-door-step';
import { attendOpposed, type OpposedAttention, opposedAttention } from './local-tokens';
import { type Mediator, mediate, mediator } from './mediator';

class FrontDoor implements Fusion {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly width: number;
  private readonly opposed: OpposedAttention;
  private readonly mediator: Mediator;
  private readonly projections: readonly [StepProjection, StepProjection] | null;

  constructor(options: FrontDoorConfig, random: Random) {
    const config = frontDoorConfigSchema.parse(options);
    const { width: d, heads } = config;
    const p = Parameters.create(random);
    const step = (name: string): StepProjection => {
      const own = p.scope('step').scope(name);
      return {
        query: linear(own.scope('query'), d, d, orthogonal),
        output: linear(own.scope('output'), d, d, orthogonal),
      };
    };
    this.opposed = opposedAttention(p.scope('opposed'), config);
    this.mediator = mediator(p.scope('mediator'), d, heads);
    this.projections = config.projections ? [step('in'), step('out')] : null;
    this.width = d;
    this.parameters = p.all;
    this.info = { package: '@raca/bca', version, name: 'frontDoor', config };
  }

  fuse(input: FusionInput): Memory {
    checkFused('frontDoor', input, this.width, null);
    return fusedMemory(input.features.present, () => {
      const { patches, masks, present } = presentInput(input);
      const [b, , d] = patches.shape;
      const [, r] = masks.shape;
      const found = tf.step(tf.sum(masks, 2)) as tf.Tensor2D; // [b, r]: a region without patches mediates nothing
      const regions = regionMeans(patches, masks);
      const whole = regionMeans(patches, wholeImage(patches, present)); // in the place of the class token
      const sampled = tf.concat([whole, regions], 1) as tf.Tensor3D;
      const there = tf.concat([tf.ones([b, 1]), found], 1) as tf.Tensor2D;
      const local = tf.slice(attendOpposed(this.opposed, sampled, presenceBias(there)), [0, 1, 0], [b, r, d]);
      const absent = { local: presenceBias(found), global: presenceBias(present) };
      const mediates = mediate(this.mediator, local, patches, absent);
      return tf.add(patches, frontDoorStep(patches, mediates, absent, this.projections)) as tf.Tensor3D;
    });
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }
}

/** One mask `[b, 1, p]` of all patches that there are. */
const wholeImage = (patches: tf.Tensor3D, present: tf.Tensor2D | null): tf.Tensor3D => {
  const [b, p] = patches.shape;
  return present ? tf.reshape(present, [b, 1, p]) : tf.ones([b, 1, p]);
};

/**
 * Front-door fusion of VLCI with the regions in the place of the tokens that it samples by attention: F = G + step(G, M), where
 * the mediator M has one vector a region. Its local tokens are the mean patches of the regions after the mean patch of all
 * (VLCI: the 48 patches to which the class token attends most, after that token), its global tokens all patches (VLCI: its
 * 14 × 14 patches made 7 × 7).
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; fuse throws RangeError for shapes that do not
 * @see Chen et al. 2023, "Visual-Linguistic Causal Intervention for Radiology Report Generation", arXiv:2303.09117
 */
export const frontDoor = (config: FrontDoorConfig, random: Random): Fusion => new FrontDoor(config, random);
