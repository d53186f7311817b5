/** How often the right region is found for a sentence. */
export interface Retrieval {
  /** Share of sentences whose most similar region is one of their own. */
  readonly top1: number;
  /** Mean over sentences of 1 / rank of the best-placed region of their own. */
  readonly mrr: number;
  /** What guessing reaches in top-1: the mean share of regions that are right. */
  readonly chance: number;
  /** What naming the same region always reaches in top-1: the share of sentences that speak of the one most spoken of. */
  readonly mostNamed: number;
  readonly sentences: number;
}

/** One sentence: its similarity to every region, and the regions it speaks of. */
export interface RankedSentence {
  readonly similarity: ArrayLike<number>;
  readonly regions: readonly number[];
}

/**
 * Rank of the best-placed right region, 1 the best. Equal similarities share their mean rank, so that a model that
 * says the same of all regions is not paid for their order.
 */
export function bestRank({ similarity, regions }: RankedSentence): number {
  const best = Math.max(...regions.map((r) => similarity[r]));
  let [higher, equal] = [0, 0];
  for (let r = 0; r < similarity.length; r++) {
    if (similarity[r] > best) higher++;
    else if (similarity[r] === best) equal++;
  }
  const right = regions.filter((r) => similarity[r] === best).length;
  // expected place of the first of `right` among `equal` ties in random order
  return higher + (equal + 1) / (right + 1);
}

/** Top-1, mean reciprocal rank and their trivial baselines over sentences that speak of some region but not of all. */
export function retrieval(sentences: readonly RankedSentence[]): Retrieval {
  const asked = sentences.filter(({ regions, similarity }) => regions.length % similarity.length !== 0);
  const mean = (of: (sentence: RankedSentence) => number): number =>
    asked.reduce((sum, sentence) => sum + of(sentence), 0) / asked.length;
  const named = [...new Set(asked.flatMap(({ regions }) => regions))];
  return {
    top1: mean((sentence) => (bestRank(sentence) === 1 ? 1 : 0)),
    mrr: mean((sentence) => 1 / bestRank(sentence)),
    chance: mean(({ regions, similarity }) => regions.length / similarity.length),
    mostNamed:
      asked.length === 0
        ? Number.NaN
        : Math.max(0, ...named.map((r) => mean(({ regions }) => (regions.includes(r) ? 1 : 0)))),
    sentences: asked.length,
  };
}
