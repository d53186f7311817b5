import {
  applyLinear,
  disposeParameters,
  heNormal,
  type Linear,
  linear,
  type NamedParameters,
  normal,
  Parameters,
  type Pass,
  prefixed,
  type Random,
  standardise,
  type VisionBackbone,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** What {@link EyesPolicy} looks at: images, or patches where it has no eyes. */
export interface Sight {
  /** Images `[b, v, H, W, 3]`, or patches `[b, p, d]`. */
  readonly input: tf.Tensor;
  readonly views: number;
  /** Patches a view. */
  readonly patches: number;
}

/** Options of {@link EyesPolicy}. */
export interface EyesPolicyOptions {
  /** Width of the patches where it has no eyes. */
  readonly width: number;
  readonly hidden: number;
  /** r */
  readonly regions: number;
  /** Most views of a study; each has region embeddings of its own. */
  readonly views: number;
}

const PASS: Pass = { training: false };

/**
 * One network for all patches, which sees and is never told where a patch lies. Axes: b batch, v views, n patches a
 * view, h hidden.
 *
 *     x = eyes(image)                                              [b·v·n, w]   (or the standardised patches)
 *     z = ReLU(W₂ ReLU(W_patch x + W_image mean(x) + c₁) + c₂)       mean over the view
 *     logit = z · e_{view, r} / √h + c_{view, r}
 */
export class EyesPolicy {
  readonly parameters: NamedParameters;
  private readonly own: NamedParameters;
  private readonly patch: Linear;
  private readonly image: tf.Variable;
  private readonly second: Linear;
  private readonly regions: Linear;

  constructor(
    private readonly options: EyesPolicyOptions,
    random: Random,
    private readonly eyes: VisionBackbone | null,
  ) {
    const { hidden: h, regions: R, views } = options;
    const w = eyes?.width ?? options.width;
    const p = Parameters.create(random).scope('actor');
    this.patch = linear(p.scope('patch'), w, h, heNormal);
    this.image = p.scope('image').add('weight', [w, h], heNormal);
    this.second = linear(p.scope('second'), h, h, heNormal);
    this.regions = {
      weight: p.scope('regions').add('weight', [h, views * R], normal(1 / Math.sqrt(h))),
      bias: p.scope('regions').add('bias', [views * R], zeros),
    };
    this.own = p.all;
    this.parameters = eyes ? new Map([...p.all, ...prefixed('eyes', eyes.parameters)]) : p.all;
  }

  /** Logits `[b·p, r]` of choosing each patch for each region. */
  logits({ input, views: v, patches: n }: Sight): tf.Tensor2D {
    const { hidden: h, regions: R, views } = this.options;
    const x = this.eyes
      ? this.eyes.extract(input as tf.Tensor5D, PASS).patches
      : (standardise(input as tf.Tensor3D) as tf.Tensor3D);
    const [b, p, w] = x.shape;
    if (p !== v * n) {
      throw new RangeError(`adaptiveAgent: its eyes must see ${v} × ${n} patches, got ${p}`);
    }
    const byView = tf.reshape(x, [b * v, n, w]) as tf.Tensor3D;
    const whole = tf.matMul(tf.mean(byView, 1) as tf.Tensor2D, this.image as unknown as tf.Tensor2D);
    const first = tf.add(
      tf.reshape(applyLinear(this.patch, tf.reshape(x, [b * p, w])), [b * v, n, h]),
      tf.reshape(whole, [b * v, 1, h]),
    );
    const z = tf.relu(applyLinear(this.second, tf.reshape(tf.relu(first), [b * p, h]) as tf.Tensor2D));
    const all = tf.reshape(applyLinear(this.regions, z), [b, v, n, views, R]);
    const own = Float32Array.from({ length: v * views }, (_, i) =>
      Math.floor(i / views) === i % views ? 1 : 0,
    );
    return tf.reshape(tf.sum(tf.mul(all, tf.tensor(own, [1, v, 1, views, 1])), 3), [b * p, R]);
  }

  dispose(): void {
    disposeParameters(this.own);
    this.eyes?.dispose();
  }
}
