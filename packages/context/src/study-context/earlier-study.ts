import {
  type Attention,
  applyLinear,
  applyNorm,
  attend,
  attention,
  type ContextInput,
  embedding,
  keysValues,
  type Linear,
  linear,
  type Memory,
  memoryPart,
  type Norm,
  norm,
  normal,
  type Parameters,
  type Pass,
  type PatchFeatures,
  presenceBias,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { eitherMemory } from '../memories';
import { alignedPatches } from './aligned-patches';
import type { StudyContextOptions } from './config';
import { TIME_BINS, timeBin } from './elapsed-time';

/** Weights that read an earlier study. */
export interface EarlierStudy {
  readonly dropout: number;
  /** The place before the patches of an earlier study, `[d]`. */
  readonly begin: tf.Variable;
  /** The only place where there is none, `[d]`. */
  readonly absent: tf.Variable;
  /** Added to patches, `[d]`. */
  readonly mark: tf.Variable;
  /** By {@link timeBin}, `[TIME_BINS, d]`. */
  readonly time: tf.Variable;
  /** d → d, of what has changed; null: changes are not shown. */
  readonly change: Linear | null;
  /** Present patches ask, earlier ones answer; null: patches at the same spot are compared. */
  readonly attention: Attention | null;
  readonly norm: Norm;
}

/** Standard deviation of marks and times; patches are of order 1. */
const MARK_SD = 0.3;

/**
 * Differences of patches are small beside patches: so they count as much from the first step on. Chosen on drawn blobs that
 * grow and shrink, where a small network told changes apart sooner than with 1.7, or with an MLP of both patches.
 */
const CHANGE_SCALE = 4;

/** Weights `begin`, `absent`, `mark`, `time.weight`, `change`, `attention` and `norm`. */
export function earlierStudy(p: Parameters, options: StudyContextOptions): EarlierStudy {
  const { width: d, heads, change, dropout } = options;
  return {
    dropout,
    begin: p.add('begin', [d], normal(1)),
    absent: p.add('absent', [d], normal(1)),
    mark: p.add('mark', [d], normal(MARK_SD)),
    time: embedding(p.scope('time'), TIME_BINS, d, MARK_SD),
    change: change === 'none' ? null : linear(p.scope('change'), d, d),
    attention: change === 'attention' ? attention(p.scope('attention'), d, heads) : null,
    norm: norm(p.scope('norm'), d),
  };
}

/**
 * The earlier study as places `[b, 1 + p, d]`: first `begin` with the time that has gone by, then one place for each of its
 * patches x,
 *
 *     N(x + mark + time + W 4(y − x) + c)
 *
 * with y the present study's patch at the same spot of the same view, and the difference left out where there is none. With
 * attention, x is what the earlier patches answer to y, for each patch y of the present study.
 *
 * Where there is no earlier study, N(absent) stands in 1 + p places, p the present study's patches: as loud as one would be.
 *
 * @param here `[b]`, 1 where there is an earlier study
 */
export function encodeEarlier(
  e: EarlierStudy,
  { current, prior }: Pick<ContextInput, 'current' | 'prior'>,
  here: Uint8Array,
  pass: Pass,
): Memory {
  const absent = withoutEarlier(e, current);
  if (!prior || here.every((x) => x === 0)) return absent;
  const b = here.length;
  const bins = tf.tensor1d(Int32Array.from(prior.days, timeBin), 'int32');
  const time = tf.reshape(tf.gather(e.time, bins), [b, 1, e.absent.size]);
  const head = tf.add(tf.reshape(e.begin, [1, 1, -1]), time);
  const { patches, present } = comparedPatches(e, current, prior.features, pass);
  const marked = tf.add(patches, tf.add(time, e.mark));
  const places = applyNorm(e.norm, tf.concat([head, marked], 1) as tf.Tensor3D);
  const earlier = memoryPart('prior', places, present && withFirst(present));
  return here.every((x) => x === 1) ? earlier : eitherMemory(here, earlier, absent);
}

/** The same vector in as many places as the present study has, and one more. */
function withoutEarlier({ absent, norm }: EarlierStudy, { patches, present }: PatchFeatures): Memory {
  const [b, p, d] = patches.shape;
  const place = applyNorm(norm, tf.reshape(absent, [1, 1, d]) as tf.Tensor3D);
  return memoryPart('prior', tf.tile(place, [b, 1 + p, 1]), present && withFirst(present));
}

/** Presence `[b, p]` with a place before it that is always there. */
const withFirst = (present: tf.Tensor2D): tf.Tensor2D =>
  tf.concat([tf.ones([present.shape[0], 1]), present], 1) as tf.Tensor2D;

/** Patches `[b, p, d]` with what has changed, and which of them there are. */
function comparedPatches(
  e: EarlierStudy,
  current: PatchFeatures,
  earlier: PatchFeatures,
  pass: Pass,
): Pick<PatchFeatures, 'patches' | 'present'> {
  const { change } = e;
  if (!change) return earlier;
  const difference = (y: tf.Tensor3D, x: tf.Tensor3D): tf.Tensor3D =>
    applyLinear(change, tf.mul(tf.sub(y, x), CHANGE_SCALE)) as tf.Tensor3D;
  const x = earlier.patches;
  if (e.attention) {
    const y = current.patches;
    const bias = presenceBias(earlier.present);
    const answer = attend(e.attention, y, keysValues(e.attention, x), bias, e.dropout, pass);
    return { patches: tf.add(answer, difference(y, answer)), present: current.present };
  }
  const { patches: y, matched } = alignedPatches(current, earlier);
  return { patches: tf.add(x, tf.mul(difference(y, x), matched)), present: earlier.present };
}
