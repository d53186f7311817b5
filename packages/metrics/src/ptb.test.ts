import { describe, expect, it } from 'vitest';
import { bleu } from './bleu';
import { accumulate, measure } from './measure';
import { pairReports } from './pairs';
import { ptbTokens, withPtbTokens } from './ptb';

// By the rules of the Penn Treebank and pycocoevalcap's list of dropped tokens.
describe('ptbTokens', () => {
  const cases: [string, string][] = [
    ['The heart is normal in size. Lungs are clear.', 'the heart is normal in size lungs are clear'],
    ['No effusion, pneumothorax; or "mass"!', 'no effusion pneumothorax or mass'],
    ["The patient's lungs aren't clear.", "the patient 's lungs are n't clear"],
    ['Nodule of 3.5 cm (right upper lobe).', 'nodule of 3.5 cm -lrb- right upper lobe -rrb-'],
    ['Well-inflated lungs -- no change - stable...', 'well-inflated lungs no change stable'],
    ['AP/lateral views of 1/2/2013 at 10:30', 'ap\\/lateral views of 1\\/2\\/2013 at 10:30'],
    ['Seen by Dr. Smith, e.g. today vs. 2010.', 'seen by dr. smith e.g. today vs. 2010'],
    ['about 50% of 1,200 ml', 'about 50 % of 1,200 ml'],
    ['xxxx . 肺 🫁 é', 'xxxx 肺 🫁 é'],
    ['', ''],
    [' . , ', ''],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => expect(ptbTokens(text).join(' ')).toBe(expected));
  }
});

it('scores tokens under names of their own, streamed or not', () => {
  const metric = withPtbTokens(bleu());
  const pairs = pairReports(['The heart is big.'], ['the heart is big']);
  expect(Object.keys(measure(bleu(), pairs).corpus)).not.toContain('BLEU_4/ptb');
  expect(measure(metric, pairs).corpus['BLEU_4/ptb']).toBeCloseTo(1, 6);
  const all = accumulate(metric);
  all.update(pairs[0]!);
  expect(all.compute()).toEqual(measure(metric, pairs).corpus);
});
