import { CHEXPERT_14, type ChexpertClass, findMentions, labelReport } from '@raca/metrics';

/** `right`: in both reports; `wrong`: in the generated one only; `missed`: in the reference only; `said`: no reference. */
export type FindingKind = 'right' | 'wrong' | 'missed' | 'said';

/** What became of a finding. */
export interface FindingMark {
  readonly finding: ChexpertClass;
  readonly kind: FindingKind;
}

/** Findings of a generated report against its reference. */
export interface ComparedFindings {
  /** Of the whole report, in CheXpert's order, No Finding among them. */
  readonly findings: readonly FindingMark[];
  /** Of each generated sentence: what it affirms, and (`missed`) what it denies although the reference affirms it. */
  readonly generated: readonly (readonly FindingMark[])[];
  /** Of each sentence of the reference: what it affirms. */
  readonly reference: readonly (readonly FindingMark[])[];
}

/**
 * Compares two reports by the rule labeler; a class counts as present where it is positive, not where it is uncertain or not
 * mentioned, as in clinical F1.
 * @param reference sentences; null where there is none
 */
export function compareFindings(
  generated: readonly string[],
  reference: readonly string[] | null,
): ComparedFindings {
  const said = positivesOf(generated);
  const truth = reference && positivesOf(reference);
  const kindOf = (finding: ChexpertClass): FindingKind => {
    if (truth === null) return 'said';
    return !truth.has(finding) ? 'wrong' : said.has(finding) ? 'right' : 'missed';
  };
  const findings = CHEXPERT_14.filter((finding) => said.has(finding) || truth?.has(finding)).map(
    (finding) => ({
      finding,
      kind: kindOf(finding),
    }),
  );
  return {
    findings,
    generated: generated.map((sentence) => {
      const told = toldIn(sentence);
      const affirmed = [...told].filter(([, value]) => value === 1).map(([finding]) => finding);
      const denied = [...told].filter(
        ([finding, value]) => value === 0 && kindOf(finding) === 'missed' && truth?.has(finding),
      );
      return [...affirmed, ...denied.map(([finding]) => finding)].map((finding) => ({
        finding,
        kind: kindOf(finding),
      }));
    }),
    reference: (reference ?? []).map((sentence) =>
      [...toldIn(sentence)]
        .filter(([, value]) => value === 1)
        .map(([finding]) => ({ finding, kind: said.has(finding) ? 'right' : 'missed' })),
    ),
  };
}

/**
 * Whether what each generated sentence says is right by the rule labeler: what it affirms is positive in the reference, and what it
 * denies is not. Null for a sentence that neither affirms nor denies a class.
 */
export function sentencesRight(
  generated: readonly string[],
  reference: readonly string[],
): (boolean | null)[] {
  const truth = positivesOf(reference);
  return generated.map((sentence) => {
    const told = [...toldIn(sentence)].filter(([, value]) => value === 0 || value === 1);
    return told.length === 0 ? null : told.every(([finding, value]) => truth.has(finding) === (value === 1));
  });
}

/** Whether a sentence affirms or denies a class. */
export const saysFinding = (sentence: string): boolean =>
  [...toldIn(sentence).values()].some((value) => value === 0 || value === 1);

function positivesOf(sentences: readonly string[]): Set<ChexpertClass> {
  const labels = labelReport(sentences.map(forRules).join(' '));
  return new Set(CHEXPERT_14.filter((name) => labels[name] === 1));
}

/** The strongest value of each class that a sentence mentions. */
function toldIn(sentence: string): Map<ChexpertClass, number> {
  const told = new Map<ChexpertClass, number>();
  for (const { label, value } of findMentions(forRules(sentence)))
    if (label !== 'Other Finding') told.set(label, Math.max(value, told.get(label) ?? -1));
  return told;
}

/** The dots of a missing word would end the sentence. */
const forRules = (sentence: string): string => sentence.replaceAll('[…]', 'xxxx');
