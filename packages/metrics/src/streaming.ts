import type { Accumulator, Scorer, Scores, Texts } from './types';

/** A metric that can take pairs one at a time; `score` is the same, over a list. */
export type StreamingScorer = Scorer & Required<Pick<Scorer, 'accumulate'>>;

/** A metric from its accumulator. */
export function streaming(parts: Omit<StreamingScorer, 'score'>): StreamingScorer {
  return {
    ...parts,
    score(pairs) {
      const all = parts.accumulate();
      const perReport = pairs.map((pair) => all.update(pair));
      return { corpus: all.compute(), perReport };
    },
  };
}

/** Accumulator of a score whose corpus value is the mean over reports; 0 of nothing. */
export function meanOf(key: string, scoreOf: (pair: Texts) => number): Accumulator {
  let sum = 0;
  let count = 0;
  return {
    update(pair): Scores {
      const value = scoreOf(pair);
      sum += value;
      count++;
      return { [key]: value };
    },
    compute: () => ({ [key]: count === 0 ? 0 : sum / count }),
  };
}
