import { CONTEXT_FIELDS, type ContextField } from '@raca/core';
import { type Annotation, SPLITS, type Study } from './dataset';
import { withoutMarks } from './import/sections';
import { type Cleaning, cleanReport, words } from './text/clean';

/** Texts that may enter a model, cleaned for a tokenizer. A field that is missing was not there; an empty one says nothing. */
export type ContextTexts = Readonly<Partial<Record<ContextField, string>>>;

/** Finds a study of the same data set by its id. */
export type StudyLookup = (id: string) => Study | undefined;

/** Why the study that `prior_study` names is not taken. */
export const PRIOR_FAULTS = [
  'not in the data set',
  'of an unknown patient',
  'of another patient',
  'not earlier',
] as const;
export type PriorFault = (typeof PRIOR_FAULTS)[number];

/** The study before another one of the same patient. */
export interface Prior {
  readonly study: Study;
  /** Days between the two, above 0; NaN where a day is not known. */
  readonly days: number;
}

/** Whose study it is: `patient`, else `subject_id`. */
export function patientOf({ patient, subject_id }: Study): string | undefined {
  const owner = patient ?? subject_id;
  return owner === undefined || owner === null || owner === '' ? undefined : String(owner);
}

/**
 * Studies of a data set by their ids. Where each image of MIMIC-CXR is an entry of its own, `s<study_id>` finds the first of
 * its study, since that is what `prior_study` names.
 */
export function studyLookup(annotation: Annotation): StudyLookup {
  const byId = new Map<string, Study>();
  const all = SPLITS.flatMap((split) => annotation[split]);
  for (const study of all) byId.set(study.id, study);
  for (const study of all) {
    const alias = `s${study.study_id}`;
    if (study.study_id !== undefined && !byId.has(alias)) byId.set(alias, study);
  }
  return (id) => byId.get(id);
}

/**
 * The study that `prior_study` names, if it is in the data set, of the same patient and not later.
 *
 * @returns undefined where none is named; otherwise the study, or why it is not taken
 */
export function priorOf(
  study: Study,
  lookup: StudyLookup,
): Prior | { readonly fault: PriorFault } | undefined {
  if (study.prior_study === undefined || study.prior_study === null) return undefined;
  const prior = lookup(study.prior_study);
  if (prior === undefined) return { fault: 'not in the data set' };
  const [ours, theirs] = [patientOf(study), patientOf(prior)];
  if (ours === undefined || theirs === undefined) return { fault: 'of an unknown patient' };
  if (ours !== theirs) return { fault: 'of another patient' };
  const days = (study.day ?? Number.NaN) - (prior.day ?? Number.NaN);
  if (days <= 0 || prior.id === study.id) return { fault: 'not earlier' };
  return { study: prior, days };
}

/**
 * The texts of a study that may enter a model: an allow-list. Nothing but `indication`, `history`, `comparison`, `technique` and
 * the report of the earlier study ({@link priorOf}) passes; findings, impression, report and labels of the study never do.
 *
 * @param lookup of the same data set, e.g. {@link studyLookup}
 * @param options.cleaning that of the reports; default `iu_xray`
 * @param options.onFault told why an earlier study is not taken; {@link contextCounts} counts over a whole data set
 */
export function contextOf(
  study: Study,
  lookup: StudyLookup,
  {
    cleaning = 'iu_xray',
    onFault,
  }: { readonly cleaning?: Cleaning; readonly onFault?: (fault: PriorFault) => void } = {},
): ContextTexts {
  const prior = priorOf(study, lookup);
  if (prior && 'fault' in prior) onFault?.(prior.fault);
  const texts: Partial<Record<ContextField, string>> = {};
  for (const field of CONTEXT_FIELDS) {
    const text = field === 'priorReport' ? prior && 'study' in prior && prior.study.report : study[field];
    if (typeof text === 'string') texts[field] = cleanContext(text, cleaning);
  }
  return texts;
}

/**
 * Cleans a text beside the pictures as reports are cleaned ({@link cleanReport}), without the words that hold a mark of
 * de-identification (`XXXX-year-old`, `___F`); empty where no word is left.
 */
export function cleanContext(text: string, cleaning: Cleaning): string {
  const lines = text.split(/\r\n|\r|\n/).map(withoutMarks);
  const cleaned = cleanReport(lines.join('\n'), cleaning);
  return words(cleaned).every((word) => word === '.') ? '' : cleaned;
}

/** How many studies have each text, and how many earlier studies are not taken, by the reason. */
export interface ContextCounts {
  readonly texts: Readonly<Record<ContextField, number>>;
  readonly faults: Readonly<Record<PriorFault, number>>;
}

/** Counts what {@link contextOf} gives over a data set. */
export function contextCounts(annotation: Annotation): ContextCounts {
  const lookup = studyLookup(annotation);
  const zeros = <K extends string>(names: readonly K[]) =>
    Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
  const counts = { texts: zeros(CONTEXT_FIELDS), faults: zeros(PRIOR_FAULTS) };
  for (const split of SPLITS) {
    for (const study of annotation[split]) {
      const prior = priorOf(study, lookup);
      if (prior && 'fault' in prior) counts.faults[prior.fault]++;
      for (const field of CONTEXT_FIELDS) {
        const there = field === 'priorReport' ? prior && 'study' in prior : typeof study[field] === 'string';
        if (there) counts.texts[field]++;
      }
    }
  }
  return counts;
}
