import { REGIONS } from '@raca/core/regions';
import { type Annotation, SPLITS, type Study } from '../dataset';
import { type Cleaning, cleanReport, splitSentences } from '../text/clean';

/** Where a sentence stands: study and number (`S1` is 1). */
export interface Place {
  readonly id: string;
  readonly sentence: number;
}

export interface PlanOptions {
  readonly cleaning: Cleaning;
  /** Also sentences that have an entry in `sentence_regions` already (default false). */
  readonly again?: boolean;
}

/**
 * The distinct sentences to annotate, in the order in which they first appear, and where each stands. Pieces are
 * those of the cleaned report between `.` tokens, as batches and the alignment count them; empty ones are left out.
 */
export function sentencesToAnnotate(annotation: Annotation, options: PlanOptions): Map<string, Place[]> {
  const places = new Map<string, Place[]>();
  for (const study of SPLITS.flatMap((split) => annotation[split])) {
    for (const [sentence, text] of wanted(study, options)) {
      const list = places.get(text);
      if (list) list.push({ id: study.id, sentence });
      else places.set(text, [{ id: study.id, sentence }]);
    }
  }
  return places;
}

/**
 * The studies with `sentence_regions` from `answers`. A sentence that speaks of no region gets an empty list, so that
 * one without an answer (no entry) can be told from it.
 */
export function fillRegions<T extends Annotation>(
  annotation: T,
  answers: ReadonlyMap<string, readonly string[]>,
  options: PlanOptions,
): T {
  const fill = (study: Study): Study => {
    const kept = options.again ? [] : Object.entries(study.sentence_regions ?? {});
    const found = wanted(study, options).flatMap(([n, text]) => {
      const regions = answers.get(text);
      return regions ? [[`S${n}`, [...regions]] as [string, string[]]] : [];
    });
    const entries: [string, string[]][] = [...kept, ...found].sort(
      ([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)),
    );
    return { ...study, sentence_regions: Object.fromEntries(entries) };
  };
  const { train, val, test } = annotation;
  return { ...annotation, train: train.map(fill), val: val.map(fill), test: test.map(fill) };
}

/** Number and text of every sentence of a study that is to be annotated. */
function wanted(study: Study, { cleaning, again = false }: PlanOptions): [n: number, text: string][] {
  const given = study.sentence_regions ?? {};
  return splitSentences(cleanReport(study.report, cleaning))
    .map((text, i): [number, string] => [i + 1, text])
    .filter(([n, text]) => text !== '' && (again || !Object.hasOwn(given, `S${n}`)));
}

/** Regions of one sentence that are among `regions`, in their order. */
export function regionsAt(study: Study, sentence: number, regions: readonly string[] = REGIONS): string[] {
  const given = study.sentence_regions ?? {};
  const names = Object.hasOwn(given, `S${sentence}`) ? given[`S${sentence}`] : [];
  return regions.filter((region) => names.includes(region));
}
