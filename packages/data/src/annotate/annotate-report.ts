import { type RegionName, type RegionSet, THORAX_12 } from '@raca/core/regions';
import type { Annotation, Study } from '../dataset';
import { type Cleaning, cleanReport, splitSentences } from '../text/clean';
import { annotatorFor } from './region-words';

/**
 * `sentence_regions` of a cleaned report: `{S1: [...], S2: [...]}`, sentences that name no region left out.
 * The numbers are those of {@link splitSentences}.
 *
 * @param set whose regions; default: the 12
 */
export function annotateReport(cleanedReport: string): Record<string, RegionName[]>;
export function annotateReport(cleanedReport: string, set: RegionSet): Record<string, string[]>;
export function annotateReport(cleanedReport: string, set: RegionSet = THORAX_12): Record<string, string[]> {
  const entries = annotatorFor(set)
    .annotate(splitSentences(cleanedReport))
    .map((regions, s) => [`S${s + 1}`, regions] as const);
  return Object.fromEntries(entries.filter(([, regions]) => regions.length > 0));
}

/**
 * The same annotation with `sentence_regions` from {@link annotateReport} where a study has none. What was annotated for other
 * regions counts for nothing: where no study names a region of the set, all are read anew.
 */
export function annotateMissing(
  annotation: Annotation,
  cleaning: Cleaning,
  set: RegionSet = THORAX_12,
): Annotation {
  const { train, val, test } = annotation;
  const foreign = set !== THORAX_12 && !named([train, val, test].flat(), set);
  const complete = (study: Study): Study =>
    study.sentence_regions && !foreign
      ? study
      : { ...study, sentence_regions: annotateReport(cleanReport(study.report, cleaning), set) };
  return { train: train.map(complete), val: val.map(complete), test: test.map(complete) };
}

/** Whether any sentence speaks of a region of the set. */
function named(studies: readonly Study[], { names }: RegionSet): boolean {
  const known = new Set(names);
  return studies.some(({ sentence_regions = {} }) =>
    Object.values(sentence_regions).some((regions) => regions.some((name) => known.has(name))),
  );
}
