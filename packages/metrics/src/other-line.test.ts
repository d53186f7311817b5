import { expect, it } from 'vitest';
import { measure } from './measure';
import { pairReports } from './pairs';
import { rougeScore, rougeScoreOf, rougeScoreTokens } from './rouge-score';
import { sacreBleu, tokens13a } from './sacrebleu';

// The example of sacreBLEU's README: BLEU = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943, hyp_len = 17, ref_len = 18), two references.
const REFERENCES = [
  ['The dog bit the man.', 'The dog had bit the man.'],
  ['It was not unexpected.', 'No one was surprised.'],
  ['The man bit him first.', 'The man had bitten the dog.'],
];
const SYSTEM = ['The dog bit the man.', "It wasn't surprising.", 'The man had just bitten him.'];

it("sacreBLEU gives its README's number, with several references", () => {
  const pairs = SYSTEM.map((hypothesis, i) => ({
    id: String(i),
    reference: REFERENCES[i]![0]!,
    references: REFERENCES[i]!,
    hypothesis,
  }));
  const { corpus, perReport } = measure(sacreBleu(), pairs);
  expect(corpus.sacreBLEU).toBeCloseTo(48.530827, 5);
  expect(perReport[0]!.sacreBLEU).toBeCloseTo(100, 9);
});

it('sacreBLEU smooths by halves and knows 0', () => {
  const of = (reference: string, hypothesis: string) =>
    measure(sacreBleu(), pairReports([reference], [hypothesis]));
  // By hand: 1-grams 4/5, 2-grams 2/4, no 3-gram of 3 (1/2 counts), no 4-gram of 2 (1/4 counts); same length.
  const value = 100 * (0.8 * 0.5 * (1 / 2 / 3) * (1 / 4 / 2)) ** 0.25;
  expect(of('a b x c d', 'a b y c d').corpus.sacreBLEU).toBeCloseTo(value, 9);
  expect(of('a b c d', 'x y z w').corpus.sacreBLEU).toBe(0);
  expect(of('a b', 'a b').corpus.sacreBLEU).toBe(0); // no 4-grams at all in the corpus
  expect(of('a b', 'a b').perReport[0]!.sacreBLEU).toBeCloseTo(100, 9); // a sentence leaves the lengths out that it lacks
});

it('cuts tokens as mteval-v13a', () => {
  expect(tokens13a('Heart-size: 3.5 cm, (normal). 2-3 views &amp; more')).toEqual(
    'Heart-size : 3.5 cm , ( normal ) . 2 - 3 views & more'.split(' '),
  );
});

it("rouge_score gives its README's numbers", () => {
  const [target, prediction] = [
    'The quick brown fox jumps over the lazy dog',
    'The quick brown dog jumps on the log.',
  ];
  // README: rouge1 precision 0.75, recall 0.667; rougeL 0.625 and 0.556. rouge2 by hand: 2 of 7 and of 8.
  const value = rougeScoreOf(target, prediction, true);
  expect(value.rouge1).toBeCloseTo(0.705882, 5);
  expect(value.rougeL).toBeCloseTo(0.588235, 5);
  expect(value.rouge2).toBeCloseTo(4 / 15, 12);
});

it('rouge_score drops marks and stems words of more than three letters', () => {
  expect(rougeScoreTokens('Effusions, 2.5-cm; has édème')).toEqual([
    'effusions',
    '2',
    '5',
    'cm',
    'has',
    'd',
    'me',
  ]);
  expect(rougeScoreTokens('effusions has', true)).toEqual(['effus', 'has']);
  const { corpus } = measure(rougeScore({ stem: true }), pairReports(['effusions', 'a'], ['effusion', '']));
  expect(corpus).toEqual({
    'rouge_score/rouge1+stem': 0.5,
    'rouge_score/rouge2+stem': 0,
    'rouge_score/rougeL+stem': 0.5,
  });
});
