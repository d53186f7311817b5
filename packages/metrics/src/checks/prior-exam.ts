import { splitSentences } from '../labels/sentences';
import type { PairMetric } from '../types';
import { faultRate } from './rate';

/** Words that say another study was looked at. */
const CUES = new RegExp(
  [
    '(?:compared|comparison|relative) (?:to|with)',
    '(?:prior|previous|earlier|old|outside|recent) (?:[a-z]+ ){0,3}?(?:exam|examination|study|studies|film|films|radiographs?|x ray|xray|ct|imaging|images?|chest|report)',
    '(?:from|since|to|than) (?:the )?(?:prior|previous|last|earlier|preceding)',
    '(?:the|on|in) (?:prior|previous)',
    'previously|again (?:seen|noted|identified|demonstrated|visualized|is|are)|(?:redemonstrat|re demonstrat)[a-z]+',
    'in the interval|interval (?:[a-z]+ ){0,2}?(?:change|increase|decrease|development|resolution|improvement|worsening|placement|removal|enlargement|clearing)',
    'unchanged|stable|(?:no|without|any) (?:[a-z]+ ){0,2}?change|(?:has|have|is|are) (?:[a-z]+ )?(?:not )?changed',
    '(?:has|have) (?:[a-z]+ )?(?:increased|decreased|improved|worsened|resolved|cleared|progressed|enlarged|developed|been (?:removed|placed))',
    'improv(?:ed|ing|ement)|worsen(?:ed|ing)|persist(?:s|ent|ing)|(?:slightly |mildly )?more (?:prominent|conspicuous|pronounced) than',
  ]
    .map((cue) => `(?:${cue})`)
    .join('|')
    .replace(/^(.*)$/, ' (?:$1) '),
);

/** Sentences that only say there is nothing to compare with. */
const NOTHING_TO_COMPARE =
  / (?:no|none|without|not|unavailable) (?:[a-z]+ ){0,4}?(?:prior|previous|comparisons?|available)(?: |$)| comparison (?:is |are )?(?:none|no|not|unavailable) /;

/** Sentences of a report that compare with an earlier study, as the labeler reads sentences. */
export function priorExamSentences(report: string): string[] {
  return splitSentences(report).filter(
    (sentence) =>
      CUES.test(sentence) && !NOTHING_TO_COMPARE.test(sentence.replace(/ no (?=[a-z ]*change )/, ' ')),
  );
}

/**
 * Prior-exam hallucination of systems that see one study only: sentences of the generated report that compare with
 * another one (`prior-exam/sentence`, `prior-exam/report`), by phrases. The reference does not count: what its author
 * compared with was not given to the system.
 * @see Ramesh et al., Improving radiology report generation systems by removing hallucinated references, ML4H 2022
 */
export const priorExamRate = (): PairMetric =>
  faultRate('prior-exam', 'sentence', ({ hypothesis }) => ({
    faults: priorExamSentences(hypothesis).length,
    places: splitSentences(hypothesis).length,
  }));
