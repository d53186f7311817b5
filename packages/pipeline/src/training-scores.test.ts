import { meanMetric, pairReports, type Reward } from '@raca/metrics';
import { describe, expect, it } from 'vitest';
import { trainingConfigSchema } from './config';
import { selectionScore } from './node/selection';
import { rewardSchema, selectionKey, selectionName } from './score-config';
import { configuredReward, type OwnScores, trainingScores } from './training-scores';

const reference = 'there is a large left pleural effusion .';
const other = 'the lungs are clear .';

/** Characters written. */
const length = meanMetric({ name: 'length', keys: ['length'], direction: 'lower' }, ({ hypothesis }) => [
  hypothesis.length,
]);
const saysLarge: Reward = (_, generated) => generated.map((text) => (text.includes('large') ? 1 : 0));

const scoresOf = (training: object, own: OwnScores = {}) =>
  trainingScores(trainingConfigSchema.parse(training), () => [], own);

describe('configuredReward', () => {
  const rewardOf = (reward: unknown, training: string[] = [], own: OwnScores = {}) =>
    configuredReward(rewardSchema.parse(reward), () => training, own);
  const value = (reward: unknown, text: string, own: OwnScores = {}) =>
    rewardOf(reward, [], own)([reference], [text])[0];

  it('takes short names, names of metrics, scores and sums', () => {
    expect(value('sentence-bleu', reference)).toBeCloseTo(1, 6);
    expect(value('clinicalF1', reference)).toBe(1);
    expect(value('clinicalF1', other)).toBe(0);
    const sum = [{ metric: 'rouge-l', weight: 3 }, { metric: 'sentence-bleu' }];
    expect(value(sum, reference)).toBeCloseTo(4, 6);
  });

  it('reads the old name of sentence BLEU', () => {
    expect(rewardSchema.parse('bleu4')).toEqual(rewardSchema.parse('sentence-bleu'));
  });

  it('takes rewards and metrics of the user’s own, alone and in a sum', () => {
    const own = { './large.mjs': saysLarge, length };
    expect(value({ use: './large.mjs', weight: 2 }, reference, own)).toBe(2);
    expect(value({ use: 'length', weight: 0.5 }, other, own)).toBe(-other.length / 2);
    expect(value([{ use: './large.mjs' }, { metric: 'rouge-l', weight: 3 }], reference, own)).toBeCloseTo(
      4,
      6,
    );
  });

  it('negates scores that are better when lower', () => {
    const [good, bad] = rewardOf('radcliq-rules')([reference, reference], [reference, other]);
    expect(good).toBeGreaterThan(bad);
  });

  it('counts CIDEr’s documents in the training reports', () => {
    // two documents: each of the words is in one of them, so weights are log 2; of the batch alone they would be 0
    const reward = rewardOf('cider', [reference, 'the heart is big .']);
    expect(reward([reference], [reference])[0]).toBeGreaterThan(1);
  });

  it('says in one line what is not there or not a reward', () => {
    expect(() => rewardOf('blue')).toThrow(
      /^training\.selfCritical\.reward: expected one of clinicalF1, .*found "blue"$/,
    );
    expect(() => rewardOf({ metric: 'bleu' })).toThrow(/key must be one of BLEU_1, .*got none/);
    expect(() => rewardOf({ use: 'mine' })).toThrow(
      'training.selfCritical.reward: expected an entry "mine" in the table of own scores, found none',
    );
    const of = (reward: unknown) => rewardOf({ use: 'r' }, [], { r: reward as Reward });
    expect(() => of(() => [])).toThrow(
      'training.selfCritical.reward: r: expected a list of 1 rewards, found 0 numbers',
    );
    expect(() => of(() => [Number.NaN])).toThrow('expected finite rewards, found NaN');
    expect(() => of({ name: 'x' })).toThrow('r: expected keys to be a list of texts, found undefined');
  });
});

describe('trainingScores', () => {
  it('is nothing where the config names nothing', () => {
    expect(scoresOf({})).toEqual({ metrics: [], selected: null, reward: null, agentReward: null });
  });

  it('makes each metric once, and the agent’s reward', () => {
    const { metrics, agentReward } = scoresOf(
      { metrics: ['temporal-f1', { use: 'length' }, 'temporal-f1'], agentReward: { use: 'large' } },
      { length, large: saysLarge },
    );
    expect(metrics.map(({ name }) => name)).toEqual(['temporal-f1', 'length']);
    expect(agentReward!([other, other], [other, reference])).toEqual([0, 1]);
  });

  it('selects by a name, a score of a metric, or one’s own', () => {
    expect(scoresOf({ selection: 'cider' }).selected!.key).toBe('CIDEr');
    expect(scoresOf({ selection: { metric: 'bleu', key: 'BLEU_2' } }).selected!.key).toBe('BLEU_2');
    const selected = scoresOf({ selection: { use: 'length' } }, { length }).selected!;
    const pairs = pairReports([other, other], ['', 'abcd']);
    const scores = selectionScore(pairs, { metrics: [length], selected });
    expect(scores).toMatchObject({ length: 2, selection: -2 }); // shorter is better
    expect(selectionScore(pairs, { selected })).not.toHaveProperty('length');
    expect(selectionKey('bleu4')).toBe('bleu4');
    expect(selectionKey({ use: 'length' })).toBe('selection');
    expect(selectionName({ metric: 'bleu', key: 'BLEU_2' })).toBe('bleu, BLEU_2');
  });

  it('says in one line what does not fit', () => {
    expect(() => scoresOf({ selection: 'reward' })).toThrow(
      'training.selection: expected a selfCritical section',
    );
    expect(() => scoresOf({ selection: 'bleu' })).toThrow(
      'training.selection: key: expected one of BLEU_1, BLEU_2, BLEU_3, BLEU_4, found none',
    );
    expect(() => scoresOf({ metrics: [{ use: 'x' }] }, { x: saysLarge })).toThrow(
      'training.metrics.0.use: x: expected a metric, found a function, which is a reward',
    );
    const loss = { ...length, keys: ['loss'] };
    expect(() => scoresOf({ metrics: [{ use: 'x' }] }, { x: loss })).toThrow('found "loss"');
    const message = (training: object): string =>
      trainingConfigSchema.safeParse(training).error!.issues[0].message;
    expect(message({ selection: 'blue' })).toMatch(/^expected one of bleu4, .*found "blue"$/);
    expect(message({ metrics: ['blue'] })).toMatch(/^expected one of bleu, .*found "blue"$/);
  });
});
