import {
  applyLinear,
  disposeParameters,
  heNormal,
  type Linear,
  linear,
  type NamedParameters,
  normal,
  onlyPresent,
  Parameters,
  type PatchFeatures,
  type Random,
  REGIONS,
  standardise,
  TrainedProgram,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { checkFeatures } from './checks';
import { NO_SHIFT, POSITION_FEATURES, type PositionShift, positionFeatures, randomShift } from './positions';

/** What a policy sees of a batch: prepared once, used in every epoch. The one who asks for it disposes it. */
export interface PolicyInput {
  /** Standardised patch vectors `[b·p, d]`. */
  readonly patches: tf.Tensor2D;
  /** Their mean over all patches of each study that are there `[b, d]`. */
  readonly images: tf.Tensor2D;
  /** {@link positionFeatures} `[b·p, f]`; null when the policy is not told where patches lie. */
  readonly positions: tf.Tensor2D | null;
  /** p */
  readonly patchesPerImage: number;
}

/** Patches and which of them are there: all that a policy may use of features. */
export type PolicyFeatures = Pick<PatchFeatures, 'patches' | 'grid' | 'present'>;

/**
 * Decides, for every patch and region at once, and judges images. Swap it to try another network. All three functions
 * must be plain chains of tensor operations whose kernels depend on shapes alone (see `TrainedProgram`).
 */
export interface RegionPolicy {
  /** Weights of the decisions and of the judgement, under `actor.` and `critic.`. */
  readonly parameters: NamedParameters;
  /** @param random given while learning: the policy may then disturb its own input */
  prepare(features: PolicyFeatures, random: Random | null): PolicyInput;
  /** Logits `[b·p, r]` of choosing each patch for each region. */
  logits(input: PolicyInput): tf.Tensor2D;
  /** Expected report quality at each region's visit, `[b, r]`. */
  values(input: PolicyInput): tf.Tensor2D;
}

/** Options of {@link patchPolicy}. */
export interface PatchPolicyOptions {
  /** d */
  readonly width: number;
  /** Width of both hidden layers and of the region embeddings. */
  readonly hidden: number;
  /** r, default the 12 */
  readonly regions?: number;
  /** Most views of a study. */
  readonly views: number;
  /** Whether the policy is told where a patch lies. */
  readonly positions: boolean;
  /** Largest random shift (and scale − 1) of these positions in training; 1 is half a view. */
  readonly positionJitter: number;
  /** Standard deviation of the first region embeddings, 1; small: the first logits are near 0. */
  readonly spread?: number;
}

/**
 * One network for all patches. Axes: b batch, p patches, r regions, d width, h hidden.
 *
 *     z = ReLU(W₂ ReLU(W_patch x + W_image mean(x) + W_position g + c₁) + c₂)    per patch, [b·p, h]
 *     logit = z · e_r / √h + c_r                                                 e: region embeddings [r, h]
 *
 * with x the patch vector standardised over d. All regions of a batch are one product. Positions are jittered in
 * training, alike for all patches of a sample: where a patch lies is then a weak hint, and what it looks like has
 * to decide, so regions can follow a shifted patient. The critic sees the image mean.
 */
export class PatchPolicy implements RegionPolicy {
  readonly parameters: NamedParameters;
  private readonly patch: Linear;
  private readonly image: tf.Variable;
  private readonly position: tf.Variable | null;
  private readonly second: Linear;
  private readonly regions: tf.Variable;
  private readonly regionBias: tf.Variable;
  private readonly critic: { readonly inner: Linear; readonly outer: Linear };
  private readonly program: TrainedProgram;

  constructor(
    private readonly options: PatchPolicyOptions,
    random: Random,
  ) {
    const { width: d, hidden: h, regions: r = REGIONS.length, views, positions, spread = 1 } = options;
    const root = Parameters.create(random);
    const p = root.scope('actor');
    this.patch = linear(p.scope('patch'), d, h, heNormal);
    this.image = p.scope('image').add('weight', [d, h], heNormal);
    this.position = positions
      ? p.scope('position').add('weight', [POSITION_FEATURES * views, h], normal(0.5))
      : null;
    this.second = linear(p.scope('second'), h, h, heNormal);
    this.regions = p.scope('regions').add('weight', [r, h], normal(spread));
    this.regionBias = p.scope('regions').add('bias', [r], zeros);
    const critic = root.scope('critic');
    this.critic = {
      inner: linear(critic.scope('inner'), d, h, heNormal),
      // Zero, so that the first judgement is 0 everywhere instead of noise.
      outer: {
        weight: critic.scope('outer').add('weight', [h, r], zeros),
        bias: critic.scope('outer').add('bias', [r], zeros),
      },
    };
    this.parameters = root.all;
    const actor = new Map([...root.all].filter(([name]) => name.startsWith('actor.')));
    this.program = new TrainedProgram(actor, (tensors) => this.decide(tensors));
  }

  prepare(features: PolicyFeatures, random: Random | null): PolicyInput {
    const { width, views, positionJitter } = this.options;
    checkFeatures('racaAgent', features, width);
    if (features.grid.views > views) {
      throw new RangeError(`racaAgent: made for at most ${views} views, got ${features.grid.views}`);
    }
    const [b, p, d] = features.patches.shape;
    const shifts = Array.from({ length: b }, () => (random ? randomShift(positionJitter, random) : NO_SHIFT));
    const [rows, images] = tf.tidy(() => {
      const x = standardise(features.patches);
      return [tf.reshape(x, [b * p, d]), meanOfPresent(x, features.present)] as [tf.Tensor2D, tf.Tensor2D];
    });
    const positions = this.position && this.positionsOf(features, shifts);
    return { patches: rows, images, positions, patchesPerImage: p };
  }

  logits({ patches, images, positions }: PolicyInput): tf.Tensor2D {
    return this.program.run([], positions ? [patches, images, positions] : [patches, images]) as tf.Tensor2D;
  }

  values(input: PolicyInput): tf.Tensor2D {
    return applyLinear(this.critic.outer, tf.relu(applyLinear(this.critic.inner, input.images)));
  }

  dispose(): void {
    this.program.dispose();
    disposeParameters(this.parameters);
  }

  private decide([patches, images, positions]: readonly tf.Tensor[]): tf.Tensor {
    const [b] = images.shape;
    const h = this.options.hidden;
    const rows = (x: tf.Tensor): tf.Tensor3D => tf.reshape(x, [b, -1, h]);
    let first: tf.Tensor = tf.add(
      rows(applyLinear(this.patch, patches)),
      rows(tf.matMul(images as tf.Tensor2D, this.image as unknown as tf.Tensor2D)),
    );
    if (positions && this.position) {
      const places = tf.matMul(positions as tf.Tensor2D, this.position as unknown as tf.Tensor2D);
      first = tf.add(first, rows(places));
    }
    const z = tf.relu(applyLinear(this.second, tf.reshape(tf.relu(first), [-1, h])));
    const embeddings = tf.transpose(tf.div(this.regions, Math.sqrt(h))) as tf.Tensor2D;
    return tf.add(tf.matMul(z as tf.Tensor2D, embeddings), this.regionBias);
  }

  private positionsOf({ grid, patches }: PolicyFeatures, shifts: readonly PositionShift[]): tf.Tensor2D {
    const { views } = this.options;
    const rows = patches.shape[0] * patches.shape[1];
    return tf.tensor2d(positionFeatures(grid, shifts, views), [rows, POSITION_FEATURES * views]);
  }
}

/** Mean over the patches that are there: `[b, p, d]` → `[b, d]`; 0 where there are none. */
function meanOfPresent(x: tf.Tensor3D, present: tf.Tensor2D | null): tf.Tensor2D {
  if (!present) return tf.mean(x, 1) as tf.Tensor2D;
  const sum = tf.sum(onlyPresent(x, present, 1), 1);
  return tf.div(sum, tf.maximum(tf.sum(present, 1, true), 1)) as tf.Tensor2D;
}

export const patchPolicy = (options: PatchPolicyOptions, random: Random): PatchPolicy =>
  new PatchPolicy(options, random);
