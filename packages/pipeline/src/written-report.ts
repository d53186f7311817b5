import type { ViewKind } from '@raca/core';
import { UNKNOWN } from '@raca/data';
import type { Contradiction } from '@raca/metrics';
import type { Confidence } from './confidence';

/** What a model wrote for one study, and where it looked. */
export interface WrittenReport {
  /** The words of the model with a blank between: what scores read. */
  readonly report: string;
  /** The same for people, one entry a sentence. */
  readonly sentences: readonly string[];
  /** Natural logarithm of the report's probability, at most 0; longer reports have lower ones. */
  readonly score: number;
  /** How sure the model is of each sentence and, with a finding head, of each finding. */
  readonly confidence?: Confidence;
  /** Pairs of `sentences` that cannot both be true. */
  readonly contradictions: readonly Contradiction[];
  /** What each picture of the study shows, as far as anybody has said; v of them, without empty or repeated slots. */
  readonly kinds: readonly ViewKind[];
  /** `[r · v · p]` masks, region by region, view by view, 0 or 1. */
  readonly masks: Uint8Array;
  /** `[r · v · p]`, 0..1: how sure the agent is that a patch belongs to a region; its mask has those from 0.5 on. */
  readonly probabilities: Float32Array;
  /** One line each: what was chosen for an image, looks wrong with it, or was done about views. */
  readonly warnings: readonly string[];
  /** One line each about the text: contradictions, unknown words, a report that was cut off. */
  readonly notes: readonly string[];
}

/** What a reader of the text should know. */
export function notesOn(
  { report, sentences, contradictions }: Pick<WrittenReport, 'report' | 'sentences' | 'contradictions'>,
  reachedLimit = false,
): string[] {
  const unknown = report.split(' ').filter((word) => word === UNKNOWN).length;
  const cutOff = reachedLimit && !report.endsWith('.');
  return [
    ...(sentences.length === 0 ? ['The report is empty.'] : []),
    ...(unknown > 0
      ? [`${unknown} word${unknown === 1 ? '' : 's'} unknown to the model, shown as […].`]
      : []),
    ...(cutOff ? ['The report was cut off at the longest length that the model writes.'] : []),
    ...contradictions.map(
      ({ label, affirmed, denied }) =>
        `Contradiction (${label}): “${sentences[affirmed]}” against “${sentences[denied]}”`,
    ),
  ];
}
