import type { MetricsLine } from '@raca/pipeline/node';

/**
 * What the samples of reinforcement are like, epoch by epoch: a reward must not be had by length alone, nor by one text for
 * all. Means over the steps seen since the last line.
 */
export class SampledTexts {
  private steps = 0;
  private words = 0;
  private distinct = 0;

  add(line: MetricsLine): void {
    const [words, distinct] = [line['selfCritical/length'], line['selfCritical/distinct']];
    if (typeof words !== 'number' || typeof distinct !== 'number') return;
    this.steps++;
    this.words += words;
    this.distinct += distinct;
  }

  /** What is to be said after an epoch; null where nothing was sampled. */
  take(): string | null {
    const { steps, words, distinct } = this;
    this.steps = this.words = this.distinct = 0;
    if (steps === 0) return null;
    return `samples: ${(words / steps).toFixed(1)} words, ${((100 * distinct) / steps).toFixed(0)} % of a batch different`;
  }
}
