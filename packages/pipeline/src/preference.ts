import type { Pass, RegionMasks, TokenBatch } from '@raca/core';
import {
  dpo,
  ipo,
  type JudgedReports,
  kto,
  type LearnedPairs,
  type Objective,
  orpo,
  simpo,
  tokenLogProbabilities,
} from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { type Encoded, type Raca, withoutLast } from './model';
import type { PreferenceConfig } from './preference-config';
import { gatheredRows } from './readable-rows';

/** Pairs of a batch. Axes: m pairs, t tokens. */
export interface Preferences {
  /** Chosen reports, then rejected ones: `[2m, t]`. */
  readonly tokens: TokenBatch;
  /** Which predicted tokens count, `[2m, t − 1]`. */
  readonly counts: Float32Array;
  /** Which study of the batch each pair is of, `[m]`. */
  readonly studies: readonly number[];
  /** ln p under the frozen model, `[2m, t − 1]`; null where the objective asks for none. */
  readonly reference: Float32Array | null;
  /** Of `kto`: ln p of whole reports of other studies, now and under the frozen model, `[m]`. */
  readonly mismatched: JudgedReports['mismatched'] | null;
}

/** All that any objective on pairs reads. */
export type JudgedPairs = LearnedPairs & Pick<JudgedReports, 'mismatched'>;

/** The objective that a config names. */
export function preferenceObjectiveOf({
  objective,
  beta,
  gamma,
}: Pick<PreferenceConfig, 'objective' | 'beta' | 'gamma'>): Objective<JudgedPairs> {
  switch (objective) {
    case 'dpo':
      return dpo({ beta });
    case 'ipo':
      return ipo({ beta });
    case 'kto':
      return kto({ beta });
    case 'simpo':
      return simpo({ beta, gamma });
    case 'orpo':
      return orpo({ weight: beta });
  }
}

/** The objective's loss of a batch's pairs; dropout as in `Raca.logitsOf`. @param regions without history */
export function preferenceLoss(
  model: Raca,
  encoded: Encoded,
  regions: RegionMasks,
  { tokens, counts, studies, reference, mismatched }: Preferences,
  objective: Objective<JudgedPairs>,
  pass: Pass,
): tf.Scalar {
  const own: Pass = pass.training ? { training: true, random: pass.random.split('decoder') } : pass;
  const readable = gatheredRows(model.read(encoded, regions, own), [...studies, ...studies]);
  const { policy, mask: whole } = tokenLogProbabilities(
    model.forced(readable, withoutLast(tokens), own),
    tokens,
  );
  const shape = policy.shape;
  const sides = (all: tf.Tensor2D): tf.Tensor2D[] => tf.split(all, 2);
  const [good, bad] = sides(policy);
  const [goodMask, badMask] = sides(tf.tensor2d(counts, shape));
  const [goodBefore, badBefore] = reference ? sides(tf.tensor2d(reference, shape)) : [];
  return objective({
    chosen: { policy: good, mask: goodMask, ...(goodBefore && { reference: goodBefore }) },
    rejected: { policy: bad, mask: badMask, ...(badBefore && { reference: badBefore }) },
    wholeChosen: sides(whole)[0],
    mismatched: mismatched ?? { policy: [], reference: [] },
  });
}
