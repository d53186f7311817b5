import type { Plan } from './plan/plan';
import { runPlan } from './plan/run-plan';
import type { Scene } from './plan/scene';
import { type ReportCheck, type Span, sentenceCheck, type Verdict } from './report-check';

/** How a length that a sentence gives is measured. */
export interface MeasuredLength {
  /** For people, such as `tube tip above the carina`. */
  readonly name: string;
  /** Words that a sentence must all have, in lower case. */
  readonly words: readonly string[];
  /** Its result is a length. */
  readonly plan: Plan;
  /** How far what is said may be off, in mm; 10. */
  readonly tolerance?: number;
}

/** What {@link measurementCheck} measures in. */
export interface Measurable {
  readonly scene: Scene;
}

/** A length in a text. */
interface Said {
  readonly mm: number;
  /** Of the number alone. */
  readonly span: Span;
  readonly factor: number;
  readonly decimals: number;
}

/** `1.5 cm`, `12 mm`, `12-mm`; the second and third number of `2 x 3 cm` are no length of their own. */
const LENGTH =
  /(?<![\d.x×])(?<![\d.]\s?[x×]\s?)(\d{1,4}(?:\.\d{1,3})?)(?:\s|-)?(mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?)\b/gi;

function lengthsIn(sentence: string): Said[] {
  return [...sentence.matchAll(LENGTH)].map((match) => {
    const [, digits, unit] = match;
    const factor = /^c/i.test(unit) ? 10 : 1;
    return {
      mm: Number(digits) * factor,
      span: { from: match.index, to: match.index + digits.length },
      factor,
      decimals: digits.split('.')[1]?.length ?? 0,
    };
  });
}

/**
 * Lengths that a sentence gives, against those that a plan measures in the picture. A sentence goes by the first entry all of whose words
 * it has, and its first length counts. The repair is the measured length in the sentence's own unit and precision.
 * @throws Error for a plan whose result is no length
 */
export const measurementCheck = (lengths: readonly MeasuredLength[]): ReportCheck<Measurable> =>
  sentenceCheck('measurement', (sentence, { scene }) => {
    const [said] = lengthsIn(sentence);
    if (!said) return [];
    const lower = sentence.toLowerCase();
    const asked = lengths.find(({ words }) => words.every((word) => lower.includes(word)));
    if (!asked) return [];
    const { name, plan, tolerance = 10 } = asked;
    const measured = runPlan(plan, scene);
    if (measured !== null && typeof measured !== 'number')
      throw new Error(
        `measurementCheck: ${name}: expected a plan whose result is a length, found another one`,
      );
    const verdict: Verdict =
      measured === null
        ? 'unknown'
        : Math.abs(measured - said.mm) <= tolerance
          ? 'supported'
          : 'contradicted';
    const found = measured === null ? 'nothing to measure' : `measured ${measured.toFixed(0)} mm`;
    const evidence = `${name}: said ${said.mm} mm, ${found}`;
    const repair = verdict === 'contradicted' ? (measured! / said.factor).toFixed(said.decimals) : null;
    return [{ span: said.span, verdict, evidence, repair }];
  });
