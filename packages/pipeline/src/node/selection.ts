import { bleu, clinicalF1, distinctTexts, type ReportPair, type Reward } from '@raca/metrics';

/** What validation measures on written reports (r2gen references); the mean reward where training has one. */
export function selectionScore(pairs: readonly ReportPair[], reward?: Reward): Record<string, number> {
  return {
    bleu4: bleu().score(pairs).corpus.BLEU_4,
    clinicalMicroF1: clinicalF1().score(pairs).corpus['clinical/micro/f1/14'],
    distinct: distinctTexts(pairs.map(({ hypothesis }) => hypothesis)),
    ...(reward && { reward: meanReward(pairs, reward) }),
  };
}

function meanReward(pairs: readonly ReportPair[], reward: Reward): number {
  const rewards = reward(
    pairs.map(({ hypothesis }) => hypothesis),
    pairs.map(({ reference }) => reference),
  );
  return rewards.reduce((sum, x) => sum + x, 0) / rewards.length;
}
