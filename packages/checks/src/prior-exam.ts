import { type ReportCheck, sentenceCheck } from './report-check';

/** What {@link priorExamCheck} knows of a study. */
export interface PriorKnown {
  /** Whether the writer was shown an earlier study. */
  readonly hasPrior: boolean;
}

/**
 * Sentences that compare with an earlier study which the writer never saw go out; where there is one, nothing is known.
 * @param compares whether a sentence compares, such as by `priorExamSentences` of `@raca/metrics`
 * @see Ramesh et al. 2022, ML4H: hallucinated references to prior reports
 */
export const priorExamCheck = (compares: (sentence: string) => boolean): ReportCheck<PriorKnown> =>
  sentenceCheck('prior-exam', (sentence, { hasPrior }) => {
    if (!compares(sentence)) return [];
    if (hasPrior) return [{ verdict: 'unknown', evidence: 'compares with the earlier study', repair: null }];
    return [{ verdict: 'contradicted', evidence: 'compares, and no earlier study was given', repair: '' }];
  });
