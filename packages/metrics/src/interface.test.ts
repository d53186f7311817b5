import { describe, expect, it } from 'vitest';
import { bleu } from './bleu';
import { cider, ciderWith, countDocuments } from './cider';
import { clinicalF1 } from './clinical';
import { measure } from './measure';
import { meteor15 } from './meteor/metrics';
import { pairReports } from './pairs';
import { metricRegistry } from './registry';
import { rewardOf } from './reward';
import { rougeL } from './rouge';
import { score } from './score';
import { scoreStream } from './score-stream';
import type { Metric } from './types';

const references = ['The heart is enlarged. Small effusion.', 'Lungs are clear.', 'No pneumothorax. Edema.'];
const hypotheses = ['The heart is normal. Small effusion.', 'Lungs are clear.', 'Possible pneumonia.'];
const pairs = pairReports(references, hypotheses);

describe('metrics by name', () => {
  it('gives what the metrics themselves give, made only when asked', () => {
    let made = 0;
    const registry = {
      ...metricRegistry(),
      mine: (): Metric => {
        made++;
        return rougeL(1);
      },
    };
    const named = score(pairs, { protocol: 'full', metrics: ['bleu', 'clinical-f1+uncertain'], registry });
    expect(made).toBe(0);
    expect(named.corpus).toEqual({
      ...measure(bleu(), pairs).corpus,
      ...measure(clinicalF1({ uncertain: 'positive' }), pairs).corpus,
    });
    score(pairs, { protocol: 'full', metrics: ['mine'], registry });
    expect(made).toBe(1);
  });

  it('says which names there are', () => {
    expect(() => score(pairs, { protocol: 'full', metrics: ['blue'] })).toThrow(/one of bleu, .*got "blue"/);
    expect(() => score(pairs, { protocol: 'full', metrics: ['toString'] })).toThrow('got "toString"');
    expect(() => score(pairs, { protocol: 'full', metrics: ['meteor-nltk'] })).toThrow('needs WordNet');
  });
});

describe('streaming', () => {
  it('gives the corpus and per-report numbers of score', () => {
    const metrics = () => [bleu(), rougeL(), meteor15(), clinicalF1(), ciderWith(countDocuments(references))];
    const whole = score(pairs, {
      protocol: 'full',
      metrics: [bleu(), rougeL(), meteor15(), clinicalF1(), cider()],
    });
    const stream = scoreStream({ protocol: 'full', metrics: metrics() });
    const rows = pairs.map((pair) => stream.update(pair));
    const { corpus, facts, directions } = stream.compute();
    expect(corpus).toEqual(whole.corpus);
    expect(directions).toEqual(whole.directions);
    expect(facts).toEqual({ count: 3, lengthRatio: whole.facts.lengthRatio });
    expect(rows).toEqual(whole.perReport.map(({ scores }) => scores));
  });

  it('says what cannot stream and what is no text', () => {
    expect(() => scoreStream({ protocol: 'full', metrics: ['cider'] })).toThrow(
      'cider needs all pairs at once',
    );
    expect(() => scoreStream({ protocol: 'cut' as never })).toThrow('"cut"');
    const stream = scoreStream({ protocol: 'full' });
    expect(() => stream.update({ reference: 'a', hypothesis: 1 as never })).toThrow('pair 0: hypothesis');
  });
});

describe('rewards', () => {
  it('adds up weighted scores, lower ones negative', () => {
    const words: Metric = {
      name: 'words',
      keys: ['words'],
      direction: 'lower',
      sums: ({ hypothesis }) => [hypothesis.split(' ').length],
      value: ([words = 0], count) => [words / count],
    };
    const reward = rewardOf({ metric: words, weight: 0.5 }, { metric: rougeL(), weight: 2 });
    expect(reward(['a b', 'd'], ['a b', 'c'])).toEqual([2 - 1, -0.5]);
    expect(reward([], [])).toEqual([]);
  });

  it('says what is wrong', () => {
    expect(() => rewardOf({ metric: rougeL() })(['a'], [])).toThrow('got 1 references, 0 generated reports');
    expect(() => rewardOf({ metric: bleu() })(['a'], ['a'])).toThrow(
      'bleu: key must be one of BLEU_1, BLEU_2, BLEU_3, BLEU_4, got none',
    );
  });
});
