import { REGIONS } from '@raca/core/regions';
import { type Annotation, SPLITS, type Split, type Study } from '../dataset';
import { type Cleaning, cleanReport, splitSentences } from '../text/clean';
import { regionsAt } from './plan';

/** How two annotators agree on one region. Counts are sentences. */
export interface RegionAgreement {
  readonly region: string;
  readonly both: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly neither: number;
  /** 0..1, the same whichever is taken for the truth; null where neither ever names the region. */
  readonly f1: number | null;
  /** Cohen's kappa, −1..1; null where chance alone agrees always. */
  readonly kappa: number | null;
}

export interface Disagreement {
  readonly id: string;
  /** 1 for `S1`. */
  readonly sentence: number;
  readonly text: string;
  readonly a: string[];
  readonly b: string[];
}

export interface Agreement {
  /** Studies annotated in both with the same report. */
  readonly studies: number;
  /** Studies left out: in one file only, without `sentence_regions` in one, or with different reports. */
  readonly left: {
    readonly onlyA: number;
    readonly onlyB: number;
    readonly bare: number;
    readonly texts: number;
  };
  readonly sentences: number;
  /** Share 0..1 of sentences with the same set of regions; null where there are none. */
  readonly exact: number | null;
  readonly microF1: number | null;
  /** Mean over regions that at least one side names. */
  readonly macroF1: number | null;
  /** Mean over the regions that have a kappa. */
  readonly meanKappa: number | null;
  readonly regions: RegionAgreement[];
  readonly disagreements: Disagreement[];
}

export interface AgreementOptions {
  readonly cleaning: Cleaning;
  /** Default: all. */
  readonly splits?: readonly Split[];
  /** Names of the regions that are compared (default: the 12). */
  readonly regions?: readonly string[];
}

/**
 * Compares two annotations sentence by sentence; a sentence without an entry counts as one without regions.
 *
 * @see Cohen, "A coefficient of agreement for nominal scales", 1960
 */
export function annotationAgreement(a: Annotation, b: Annotation, options: AgreementOptions): Agreement {
  const { splits = SPLITS, regions: names = REGIONS } = options;
  const studiesOf = (x: Annotation) => splits.flatMap((split) => x[split]);
  const others = new Map(studiesOf(b).map((study) => [study.id, study]));
  const left = { onlyA: 0, onlyB: 0, bare: 0, texts: 0 };
  const disagreements: Disagreement[] = [];
  const counts = names.map(() => [0, 0, 0]); // both, only a, only b
  let [studies, sentences, seen] = [0, 0, 0];
  for (const study of studiesOf(a)) {
    const other = others.get(study.id);
    if (other) seen++;
    const fault = whyNot(study, other, options.cleaning);
    if (!other || fault) {
      left[fault ?? 'onlyA']++;
      continue;
    }
    studies++;
    splitSentences(cleanReport(study.report, options.cleaning)).forEach((text, i) => {
      if (text === '') return;
      sentences++;
      const [x, y] = [study, other].map((one) => regionsAt(one, i + 1, names));
      names.forEach((region, r) => {
        const [inA, inB] = [x.includes(region), y.includes(region)];
        if (inA || inB) counts[r][inA && inB ? 0 : inA ? 1 : 2]++;
      });
      if (x.join() !== y.join()) disagreements.push({ id: study.id, sentence: i + 1, text, a: x, b: y });
    });
  }
  left.onlyB = others.size - seen;
  const regions = names.map((region, r) => agreementOf(region, counts[r], sentences));
  const sum = [0, 1, 2].map((k) => counts.reduce((total, row) => total + row[k], 0));
  return {
    studies,
    left,
    sentences,
    exact: sentences === 0 ? null : 1 - disagreements.length / sentences,
    microF1: f1Of(sum),
    macroF1: mean(regions.map(({ f1 }) => f1)),
    meanKappa: mean(regions.map(({ kappa }) => kappa)),
    regions,
    disagreements,
  };
}

function whyNot(a: Study, b: Study | undefined, cleaning: Cleaning): 'onlyA' | 'bare' | 'texts' | undefined {
  if (!b) return 'onlyA';
  if (!a.sentence_regions || !b.sentence_regions) return 'bare';
  return cleanReport(a.report, cleaning) === cleanReport(b.report, cleaning) ? undefined : 'texts';
}

function agreementOf(region: string, [both, onlyA, onlyB]: readonly number[], n: number): RegionAgreement {
  const neither = n - both - onlyA - onlyB;
  const [inA, inB] = [both + onlyA, both + onlyB];
  const observed = (both + neither) * n;
  const chance = inA * inB + (n - inA) * (n - inB); // both times n²: whole numbers
  const kappa = n * n === chance ? null : (observed - chance) / (n * n - chance);
  return { region, both, onlyA, onlyB, neither, f1: f1Of([both, onlyA, onlyB]), kappa };
}

function f1Of([both, onlyA, onlyB]: readonly number[]): number | null {
  return both + onlyA + onlyB === 0 ? null : (2 * both) / (2 * both + onlyA + onlyB);
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
