import {
  applyLinear,
  constant,
  disposeParameters,
  type Fusion,
  type FusionInput,
  type Initializer,
  type Linear,
  linearUniform,
  type Memory,
  memoryPart,
  type NamedParameters,
  onlyPresent,
  orthogonal,
  Parameters,
  type PatchFeatures,
  type Random,
  TrainedProgram,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../package.json';
import { attendRegions } from './attend-regions';
import { type BcaConfig, bcaConfigSchema } from './config';

/** Weights of {@link bca}, each `weight` and `bias`. */
export interface BcaWeights {
  /** d → h */
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  /** w `[r, 1]` and its bias `[1]`. */
  readonly mix: Linear;
  /** 2h → d */
  readonly output: Linear;
}

/** The fusion with a look inside. */
export interface BcaFusion extends Fusion {
  /** The same as `fuse`, with what leads to it; for analysis and parity checks. */
  parts(input: FusionInput): BcaParts;
}

/** What the fusion reads of the features. */
type PresentPatches = Pick<PatchFeatures, 'patches' | 'present'>;

/** The terms of the fusion. */
export interface BcaParts {
  /** L̄ `[b, p, d]` */
  readonly localMix: tf.Tensor3D;
  /** U `[b, p, h]` */
  readonly regionsQueryGlobal: tf.Tensor3D;
  /** V `[b, p, h]` */
  readonly globalQueriesRegions: tf.Tensor3D;
  /** F `[b, p, d]` */
  readonly fused: tf.Tensor3D;
}

/**
 * Bidirectional cross-attention of the patches G and their r masked copies L_k = mask_k ⊙ G, in a form that
 * makes no copy. Axes: b batch, p patches, r regions, d width, h attention width.
 *
 * With Q = G W_q + b_q and K, V likewise, a row of L_k W_q + b_q is Q_i where mask_ki = 1 and b_q where it is 0.
 * So append one zero row to G: its query, key and value are the biases, n = p + 1.
 *
 * - Regions ask, patches answer. U_k,i = A_i where selected, else A_n, with A the plain attention to the
 *   p patches. With s_i = Σ_k w_k mask_ki: U_i = Σ_k w_k U_k,i + c = s_i (A_i − A_n) + (Σ w_k) A_n + c.
 * - Patches ask, regions answer. In the keys and values of L_k patch j counts mask_kj times and the bias row as
 *   often as patches are left out: n_k = p − Σ_j mask_kj. So the softmax of region k is
 *   (Σ_j mask_kj e_ij v_j + n_k e_in v_n) / (Σ_j mask_kj e_ij + n_k e_in), which {@link attendRegions} mixes
 *   without ever writing it down by region. An empty mask gives v_n, a full one A_i.
 * - L̄_i = s_i G_i + c.
 *
 * F = ReLU([V; U] W_o + b_o) + L̄ + G.
 *
 * A patch that is not there is a second zero row which counts nowhere: p above is then the number of patches that are
 * there. Where there is none at all, the bias row stands for them.
 *
 * @param input patches `[b, p, d]` with their presence, masks `[b, r, p]`
 * @param maskGradient whether masks get a gradient: that of this form, in which a mask between 0 and 1 is a share
 *   of a count
 */
export function fuseParts(
  weights: BcaWeights,
  { features, masks: given }: Pick<FusionInput, 'masks'> & { features: PresentPatches },
  maskGradient = false,
): BcaParts {
  const { present } = features;
  const patches = onlyPresent(features.patches, present, 1);
  const [b, p, d] = patches.shape;
  const masks = onlyPresent(maskGradient ? given : withoutGradient(given), present, 2);
  const r = masks.shape[1];
  const h = weights.query.weight.shape[1]!;
  const w = tf.reshape(weights.mix.weight, [r]) as tf.Tensor1D;
  const c = weights.mix.bias;
  const extended = tf.concat([patches, tf.zeros<tf.Rank.R3>([b, 1, d])], 1);
  const [whole, count] = present ? countsOf(present) : [null, p];
  const leftOut = tf.sub(count, tf.sum(masks, 2, true));
  const attended = attendRegions(
    tf.mul(applyLinear(weights.query, extended), 1 / Math.sqrt(h)),
    applyLinear(weights.key, extended),
    applyLinear(weights.value, extended),
    w,
    tf.concat([masks, leftOut], 2) as tf.Tensor3D,
    whole ?? (tf.concat([tf.ones([p]), tf.zeros([1])]) as tf.Tensor1D),
    maskGradient,
  );
  const patchesByRegion = tf.reshape(tf.transpose(masks, [0, 2, 1]), [b * p, r]);
  const s = tf.reshape(tf.matMul(patchesByRegion, weights.mix.weight as unknown as tf.Tensor2D), [b, p, 1]);
  const plain = tf.slice(attended, [0, 0, h], [b, p, h]);
  const unselected = tf.slice(attended, [0, p, h], [b, 1, h]);
  const selectedPart = tf.mul(s, tf.sub(plain, unselected));
  const restPart = tf.add(tf.mul(tf.sum(w), unselected), c);
  const regionsQueryGlobal = tf.add(selectedPart, restPart) as tf.Tensor3D;
  const globalQueriesRegions = tf.add(tf.slice(attended, [0, 0, 0], [b, p, h]), c) as tf.Tensor3D;
  const localMix = tf.add(tf.mul(s, patches), c) as tf.Tensor3D;
  const joined = tf.concat([globalQueriesRegions, regionsQueryGlobal], 2);
  const update = tf.relu(applyLinear(weights.output, joined));
  const fused = onlyPresent(tf.add(tf.add(update, localMix), patches) as tf.Tensor3D, present, 1);
  return { localMix, regionsQueryGlobal, globalQueriesRegions, fused };
}

/** The patches that there are, as the plain attention counts them with the bias row `[b, p + 1]`, and their number `[b, 1, 1]`. */
function countsOf(present: tf.Tensor2D): [whole: tf.Tensor2D, count: tf.Tensor] {
  const count = tf.sum(present, 1, true) as tf.Tensor2D;
  const none = tf.relu(tf.sub(1, count)); // 1 where no patch is there
  return [tf.concat([present, none], 1) as tf.Tensor2D, tf.reshape(tf.add(count, none), [-1, 1, 1])];
}

class Bca implements BcaFusion {
  readonly info;
  readonly parameters: NamedParameters;
  private readonly weights: BcaWeights;
  private readonly maskGradient: boolean;
  /** Patches, masks and perhaps presence → fused patches. */
  private readonly program: TrainedProgram;

  constructor(config: BcaConfig, random: Random) {
    const parsed = bcaConfigSchema.parse(config);
    const { variant, width: d, attentionWidth: h, regions: r } = parsed;
    const own = variant === 'raca';
    const p = Parameters.create(random);
    const make = (name: string, shape: [number, number], weight: Initializer, bias: Initializer): Linear => {
      const scope = p.scope(name);
      return { weight: scope.add('weight', shape, weight), bias: scope.add('bias', [shape[1]], bias) };
    };
    const project = (name: string): Linear => make(name, [d, h], orthogonal, linearUniform(d));
    this.weights = {
      query: project('query'),
      key: project('key'),
      value: project('value'),
      mix: make('mix', [r, 1], own ? constant(1 / r) : orthogonal, own ? zeros : linearUniform(r)),
      output: make('output', [2 * h, d], orthogonal, own ? zeros : linearUniform(2 * h)),
    };
    this.info = { package: '@raca/bca', version, name: 'bca', config: parsed };
    this.parameters = p.all;
    this.maskGradient = parsed.maskGradient;
    this.program = new TrainedProgram(this.parameters, (tensors) => {
      const [patches, masks, present = null] = tensors as [tf.Tensor3D, tf.Tensor3D, tf.Tensor2D?];
      return fuseParts(this.weights, { features: { patches, present }, masks }, this.maskGradient).fused;
    });
  }

  fuse(input: FusionInput): Memory {
    this.check(input);
    const { features, masks } = input;
    const { patches, present } = features;
    const facts = present ? [present] : [];
    const fused = this.maskGradient
      ? this.program.run([patches, masks], facts)
      : this.program.run([patches], [masks, ...facts]);
    return memoryPart('patches', fused as tf.Tensor3D, present);
  }

  parts(input: FusionInput): BcaParts {
    this.check(input);
    return tf.tidy(() => ({ ...fuseParts(this.weights, input, this.maskGradient) }));
  }

  dispose(): void {
    this.program.dispose();
    disposeParameters(this.parameters);
  }

  private check({ features: { patches }, masks }: FusionInput): void {
    const [b, p, d] = patches.shape;
    const { query, mix } = this.weights;
    const expected = [b, mix.weight.shape[0], p];
    if (d !== query.weight.shape[0]) {
      throw new RangeError(`bca: patches must be [b, p, ${query.weight.shape[0]}], got [${patches.shape}]`);
    }
    if (masks.rank !== 3 || masks.shape.some((size, i) => size !== expected[i])) {
      throw new RangeError(`bca: masks must be [${expected}] for these patches, got [${masks.shape}]`);
    }
  }
}

/**
 * Makes the fusion of {@link fuseParts}.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; fuse throws RangeError for shapes that do not
 */
export function bca(config: BcaConfig, random: Random): BcaFusion {
  return new Bca(config, random);
}

/** The same values; what depends on them sends no gradient back. */
const withoutGradient = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy) => tf.zerosLike(dy),
})) as unknown as (x: tf.Tensor3D) => tf.Tensor3D;
