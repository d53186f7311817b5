import type { Random } from '@raca/core';
import type { LabelledReport } from '../labelled-reports';
import { type EditOptions, editSentence, type SentenceEdit } from './edit-sentence';

/** A sample that gave way to another one's edited copy. */
export interface Replacement {
  /** Index of the sample that was copied and edited, in [0, n). */
  readonly source: number;
  /** Index of the sample whose place the copy took, in [0, n). */
  readonly target: number;
  readonly kind: SentenceEdit['kind'];
}

/**
 * EditGRPO's mixture of a study's n samples: ⌊n/2⌋ of them, by lot, are copied and edited once, and the copies take the
 * places of ⌊n/2⌋ others. A copy that needs no edit replaces nothing. Rewards and log-probabilities of the replaced rows
 * have to be computed anew.
 *
 * @param samples n reports
 * @returns n reports in their places, and what was replaced
 * @see Zhang et al. 2025, arXiv:2509.22812
 */
export function editSamples(
  samples: readonly LabelledReport[],
  reference: LabelledReport,
  random: Random,
  options: EditOptions = {},
): { reports: LabelledReport[]; replacements: Replacement[] } {
  const half = Math.floor(samples.length / 2);
  const order = random.shuffle([...samples.keys()]);
  const reports = samples.slice();
  const replacements: Replacement[] = [];
  for (let i = 0; i < half; i++) {
    const [source, target] = [order[i], order[half + i]];
    const edit = editSentence(samples[source], reference, options);
    if (!edit) continue;
    reports[target] = edit.report;
    replacements.push({ source, target, kind: edit.kind });
  }
  return { reports, replacements };
}
