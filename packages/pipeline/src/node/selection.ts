import { bleu, clinicalF1, distinctTexts, type ReportPair } from '@raca/metrics';

/** What validation measures on written reports (r2gen references). */
export function selectionScore(pairs: readonly ReportPair[]): Record<string, number> {
  return {
    bleu4: bleu().score(pairs).corpus.BLEU_4,
    clinicalMicroF1: clinicalF1().score(pairs).corpus['clinical/micro/f1/14'],
    distinct: distinctTexts(pairs.map(({ hypothesis }) => hypothesis)),
  };
}
