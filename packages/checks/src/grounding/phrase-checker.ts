import {
  applyLinear,
  disposeParameters,
  type Linear,
  linear,
  type Module,
  type ModuleInfo,
  type NamedParameters,
  normal,
  Parameters,
  type PatchFeatures,
  type Random,
  tidyRead,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { type PhraseCheckerConfig, type PhraseCheckerOptions, phraseCheckerConfigSchema } from './config';
import { type Place, patchesOf, SIDES, ZONES } from './place';

/** What a checker looks at. */
export interface GroundingInput {
  readonly features: Pick<PatchFeatures, 'patches' | 'grid' | 'kinds' | 'present'>;
  /** `[b, r, p]`, each 0 or 1. No gradient flows to them. */
  readonly masks: tf.Tensor3D;
}

/** A finding that a sentence puts at a place of one of the studies. */
export interface Claim {
  /** Row of the batch. */
  readonly study: number;
  /** Name of the finding. */
  readonly finding: string;
  readonly place: Place;
}

/** Says whether a finding is where a sentence puts it. Axes: n claims, b studies, p patches, r regions, d width. */
export interface PhraseChecker extends Module {
  /** Names of the findings. */
  readonly findings: readonly string[];
  /** Logits `[n]`: above 0 for what is probably so. @throws RangeError for shapes, findings or places that do not fit */
  logits(input: GroundingInput, claims: readonly Claim[]): tf.Tensor1D;
  /** Mean binary cross-entropy. @param truth `[n]`, 1 or 0 */
  loss(input: GroundingInput, claims: readonly Claim[], truth: ArrayLike<number>): tf.Scalar;
  /** Probabilities `[n]`; no gradient. */
  probabilities(input: GroundingInput, claims: readonly Claim[]): Float32Array;
}

const WHO = 'phraseChecker';

class RacaPhraseChecker implements PhraseChecker {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly findings: readonly string[];
  private readonly options: PhraseCheckerOptions;
  /** 3d → h: mean and largest of the place, mean of what it is compared with. */
  private readonly seen: Linear;
  /** h → h */
  private readonly inner: Linear;
  /** What was claimed, `[c, h]`, `[r · 3 · 4, h]`. */
  private readonly finding: tf.Variable;
  private readonly place: tf.Variable;
  /** A readout for each finding, `[c, h]` and `[c]`. */
  private readonly out: tf.Variable;
  private readonly outBias: tf.Variable;

  constructor(config: PhraseCheckerConfig, random: Random) {
    this.options = phraseCheckerConfigSchema.parse(config);
    const { findings, width: d, hidden: h, regions } = this.options;
    const c = findings.length;
    const p = Parameters.create(random);
    this.seen = linear(p.scope('seen'), 3 * d, h);
    this.finding = p.add('finding', [c, h], normal(0.1));
    this.place = p.add('place', [regions * PARTS, h], normal(0.1));
    this.inner = linear(p.scope('inner'), h, h);
    this.out = p.add('out.weight', [c, h], normal(1 / Math.sqrt(h)));
    this.outBias = p.add('out.bias', [c], zeros);
    this.findings = findings;
    this.parameters = p.all;
    this.info = { package: '@raca/checks', version, name: WHO, config: this.options };
  }

  logits(input: GroundingInput, claims: readonly Claim[]): tf.Tensor1D {
    this.check(input, claims);
    const { patches, present } = input.features;
    const n = claims.length;
    const [, p] = patches.shape;
    return tf.tidy(() => {
      const [own, other] = this.looks(input, claims); // [n, p] each
      const studies = tf.tensor1d(
        claims.map(({ study }) => study),
        'int32',
      );
      const rows = tf.gather(patches, studies); // [n, p, d]
      const there = present ? tf.gather(present, studies) : null;
      const pooled = (mask: tf.Tensor2D): { mean: tf.Tensor; counted: tf.Tensor2D } => {
        const counted = there ? tf.mul(mask, there) : mask;
        const shares = tf.div(counted, tf.maximum(tf.sum(counted, 1, true), 1));
        return { mean: tf.sum(tf.mul(rows, tf.expandDims(shares, 2)), 1), counted: counted as tf.Tensor2D };
      };
      const here = pooled(own);
      const hidden = tf.mul(tf.sub(here.counted, 1), 1e9);
      const most = tf.max(tf.add(rows, tf.reshape(hidden, [n, p, 1])), 1);
      const some = tf.max(here.counted, 1, true);
      const largest = tf.where(tf.tile(tf.cast(some, 'bool'), [1, rows.shape[2]]), most, tf.zerosLike(most));
      const vectors = tf.concat([here.mean, largest, pooled(other).mean], 1) as tf.Tensor2D;
      const names = tf.tensor1d(
        claims.map(({ finding }) => this.findings.indexOf(finding)),
        'int32',
      );
      const places = tf.tensor1d(
        claims.map(({ place }) => placeId(place)),
        'int32',
      );
      const said = tf.add(tf.gather(this.finding, names), tf.gather(this.place, places));
      const first = tf.relu(tf.add(applyLinear(this.seen, vectors), said)) as tf.Tensor2D;
      const second = tf.relu(applyLinear(this.inner, first));
      return tf.add(
        tf.sum(tf.mul(second, tf.gather(this.out, names)), 1),
        tf.gather(this.outBias, names),
      ) as tf.Tensor1D;
    });
  }

  loss(input: GroundingInput, claims: readonly Claim[], truth: ArrayLike<number>): tf.Scalar {
    if (truth.length !== claims.length) {
      throw new RangeError(
        `${WHO}: expected a truth for each of ${claims.length} claims, got ${truth.length}`,
      );
    }
    return tf.tidy(() => {
      const x = this.logits(input, claims);
      const softplus = tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
      return tf.mean(tf.sub(softplus, tf.mul(x, tf.tensor1d(Float32Array.from(truth))))) as tf.Scalar;
    });
  }

  probabilities(input: GroundingInput, claims: readonly Claim[]): Float32Array {
    if (claims.length === 0) return new Float32Array(0);
    return tidyRead(() => tf.sigmoid(this.logits(input, claims)).dataSync().slice() as Float32Array);
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }

  /** Patches of each place, and of what it is compared with: the same on the other side, else the whole study. */
  private looks({ features, masks }: GroundingInput, claims: readonly Claim[]): [tf.Tensor2D, tf.Tensor2D] {
    const [, r, p] = masks.shape;
    const values = masks.dataSync();
    const own = new Float32Array(claims.length * p);
    const other = new Float32Array(claims.length * p).fill(1);
    claims.forEach(({ study, place }, i) => {
      const size = r * p;
      const known = {
        masks: values.subarray(study * size, (study + 1) * size),
        grid: features.grid,
        kinds: features.kinds[study],
      };
      own.set(patchesOf(place, known), i * p);
      if (place.side === undefined) return;
      const side = place.side === 'left' ? 'right' : 'left';
      other.set(patchesOf({ ...place, side }, known), i * p);
    });
    const shape: [number, number] = [claims.length, p];
    return [tf.tensor2d(own, shape), tf.tensor2d(other, shape)];
  }

  private check({ features: { patches, grid }, masks }: GroundingInput, claims: readonly Claim[]): void {
    const { width, regions } = this.options;
    const [b, p, d] = patches.shape;
    if (patches.rank !== 3 || d !== width || p !== grid.views * grid.rows * grid.cols) {
      const wanted = grid.views * grid.rows * grid.cols;
      throw new RangeError(`${WHO}: patches must be [b, ${wanted}, ${width}], got [${patches.shape}]`);
    }
    const expected = [b, regions, p];
    if (masks.rank !== 3 || masks.shape.some((size, i) => size !== expected[i])) {
      throw new RangeError(`${WHO}: masks must be [${expected}] for these patches, got [${masks.shape}]`);
    }
    if (claims.length === 0) throw new RangeError(`${WHO}: expected at least one claim, got none`);
    claims.forEach(({ study, finding, place: { region } }, i) => {
      if (!Number.isInteger(study) || study < 0 || study >= b)
        throw new RangeError(`${WHO}: claim ${i}: study must be in [0, ${b}), got ${study}`);
      if (!this.findings.includes(finding))
        throw new RangeError(
          `${WHO}: claim ${i}: expected one of ${this.findings.join(', ')}, got "${finding}"`,
        );
      if (!Number.isInteger(region) || region < 0 || region >= regions)
        throw new RangeError(`${WHO}: claim ${i}: region must be in [0, ${regions}), got ${region}`);
    });
  }
}

/** Parts of a region: any or one of two sides, any or one of three zones. */
const PARTS = (SIDES.length + 1) * (ZONES.length + 1);

const placeId = ({ region, side, zone }: Place): number =>
  region * PARTS +
  (side === undefined ? 0 : 1 + SIDES.indexOf(side)) * (ZONES.length + 1) +
  (zone === undefined ? 0 : 1 + ZONES.indexOf(zone));

/**
 * A small classifier of claims: u mean and w largest of the patches at the place, o mean of the same place on the other side (of a place
 * on neither side: of all patches); h = relu(W₂ relu(W₁ [u; w; o] + e_finding + e_place)), logit = h · v_finding + b_finding.
 * Learns from true and false claims, such as a phantom or exchanged places of real reports give.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit
 * @see the task: Mahmood et al., "Phrase-grounded fact-checking for automatically generated chest X-ray reports",
 *   arXiv:2509.21356; the classifier is ours
 */
export const phraseChecker = (config: PhraseCheckerConfig, random: Random): PhraseChecker =>
  new RacaPhraseChecker(config, random);
