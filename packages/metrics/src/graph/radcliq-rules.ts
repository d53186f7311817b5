import { CHEXPERT_14, type ReportLabels } from '../labels/classes';
import { labelReport } from '../labels/labeler';
import { meanMetric } from '../measure';
import { radCliq } from '../radcliq';
import type { CorpusMetric } from '../types';
import { graphF1 } from './f1';
import { extractGraph, type LetterCase } from './graph';

/**
 * RadCliQ-v1's coefficients on stand-ins made without a model: {@link graphF1} of rule-made graphs for RadGraph,
 * {@link labelSimilarity} for the cosine of CheXbert embeddings (a normal cardiomediastinal silhouette counts as a
 * heart that is not enlarged), {@link weightedTokenF1} for BERTScore. Key
 * `radcliq-rules/v1`, the mean over reports; lower is better. The token weights come from the references of all
 * pairs, so values of different sets do not compare, and neither do they with real RadCliQ.
 */
export function radCliqRules({
  letterCase = 'ignore',
}: {
  readonly letterCase?: LetterCase;
} = {}): CorpusMetric {
  const suffix = letterCase === 'keep' ? '+case' : '';
  const info = {
    name: `radcliq-rules${suffix}`,
    keys: [`radcliq-rules/v1${suffix}`],
    direction: 'lower',
    range: [
      radCliq({ bleu: 0, bertscore: 1, semb: 1, radgraph: 1 }),
      radCliq({ bleu: 0, bertscore: 0, semb: 0, radgraph: 0 }),
    ],
  } as const;
  return {
    ...info,
    over(pairs) {
      const weight = inverseDocumentFrequency(pairs.map(({ reference }) => tokensOf(reference)));
      return meanMetric(info, ({ reference, hypothesis }) => [
        radCliq({
          bleu: 0, // v1 does not weigh it
          bertscore: weightedTokenF1(tokensOf(reference), tokensOf(hypothesis), weight),
          semb: labelSimilarity(withHeart(labelReport(reference)), withHeart(labelReport(hypothesis))),
          radgraph: graphF1(extractGraph(reference, { letterCase }), extractGraph(hypothesis, { letterCase }))
            .combined,
        }),
      ]);
    },
  };
}

/** Cosine of two reports' labels, a one for each class and value that is said; in [0, 1]. */
export function labelSimilarity(a: ReportLabels, b: ReportLabels): number {
  const said = (labels: ReportLabels): number =>
    CHEXPERT_14.filter((name) => labels[name] !== undefined).length;
  const common = CHEXPERT_14.filter((name) => a[name] !== undefined && a[name] === b[name]).length;
  const size = said(a) * said(b);
  return size === 0 ? Number(said(a) === said(b)) : common / Math.sqrt(size);
}

/** F1 of two bags of tokens, each token counted with its weight; 1 when both are empty. */
export function weightedTokenF1(
  reference: readonly string[],
  hypothesis: readonly string[],
  weight: (token: string) => number,
): number {
  const left = new Map<string, number>();
  let whole = 0;
  for (const token of reference) {
    left.set(token, (left.get(token) ?? 0) + 1);
    whole += weight(token);
  }
  let common = 0;
  for (const token of hypothesis) {
    whole += weight(token);
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    common += weight(token);
  }
  return whole === 0 ? 1 : (2 * common) / whole;
}

/** 1 + ln((n + 1) / (documents with the token + 1)): never 0, so one study has weights too. */
function inverseDocumentFrequency(documents: readonly (readonly string[])[]): (token: string) => number {
  const counts = new Map<string, number>();
  for (const document of documents) {
    for (const token of new Set(document)) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return (token) => 1 + Math.log((documents.length + 1) / ((counts.get(token) ?? 0) + 1));
}

const tokensOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+|[.,]/gu) ?? [];

/** A cardiomediastinal silhouette called normal says that the heart is not enlarged either. */
const withHeart = (labels: ReportLabels): ReportLabels =>
  labels['Enlarged Cardiomediastinum'] === 0 && labels.Cardiomegaly === undefined
    ? { ...labels, Cardiomegaly: 0 }
    : labels;
