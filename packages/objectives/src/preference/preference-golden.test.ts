import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ReferenceValues } from '../fixtures/reference-values';
import {
  dpo,
  ipo,
  type JudgedReports,
  kto,
  ktoLevel,
  type LearnedPairs,
  type Objective,
  orpo,
  rrgDpo,
  simpo,
} from '../index';
import { rowTotals } from '../masked';
import { marginOf } from './gains';

const expected = new ReferenceValues('preference-losses');
type Given = JudgedReports & LearnedPairs;

/** @param which `mask` of whole reports, or `sentence` @param drift `kl`, or `kl_below`: no drift at all */
function given(which: string, chosen: tf.Tensor, rejected: tf.Tensor, drift = 'kl'): Given {
  const side = (name: string, policy: tf.Tensor) => ({
    policy: policy as tf.Tensor2D,
    reference: expected.tensor<tf.Tensor2D>(`reference.${name}`),
    mask: expected.tensor<tf.Tensor2D>(`${which}.${name}`),
  });
  return {
    chosen: side('chosen', chosen),
    rejected: side('rejected', rejected),
    wholeChosen: expected.tensor<tf.Tensor2D>('mask.chosen'),
    mismatched: { policy: expected.values(`${drift}.policy`), reference: expected.values('kl.reference') },
  };
}

const policies = () => [expected.tensor('policy.chosen'), expected.tensor('policy.rejected')] as const;

const both: [string, Objective<Given>, string?][] = [
  ['dpo', dpo()],
  ['ipo', ipo()],
  ['ipo_sum', ipo({ pooling: 'sum' })],
  ['kto', kto()],
  ['kto_below', kto(), 'kl_below'],
  ['simpo', simpo()],
  ['orpo', orpo()],
];
const cases: [string, string, Objective<Given>, string?][] = [
  ...both.map(([name, objective, drift]) => [name, 'mask', objective, drift] as (typeof cases)[0]),
  ...both.map(
    ([name, objective, drift]) => [`${name}.sentence`, 'sentence', objective, drift] as (typeof cases)[0],
  ),
  ['rrg_dpo', 'sentence', rrgDpo()],
];

describe('losses and gradients of the reference program', () => {
  it.each(cases)('%s', (name, which, objective, drift) => {
    const loss = (chosen: tf.Tensor, rejected: tf.Tensor) => objective(given(which, chosen, rejected, drift));
    const { value, grads } = tf.valueAndGrads(loss)([...policies()]);
    expect(expected.error(name, value)).toBeLessThan(1e-5);
    expect(expected.error(`grad.${name}/policy.chosen`, grads[0], 0.01)).toBeLessThan(1e-4);
    expect(expected.error(`grad.${name}/policy.rejected`, grads[1], 0.01)).toBeLessThan(1e-4);
  });

  it.each([
    ['mask', ''],
    ['sentence', '.sentence'],
  ])('sums, means and margins by %s', (which, end) => {
    const pairs = given(which, ...policies());
    for (const side of ['chosen', 'rejected'] as const) {
      for (const model of ['policy', 'reference'] as const) {
        const totals = rowTotals(pairs[side][model]!, pairs[side].mask);
        expect(expected.error(`sum.${model}.${side}${end}`, totals.sum)).toBeLessThan(1e-5);
        expect(expected.error(`mean.${model}.${side}${end}`, totals.mean)).toBeLessThan(1e-5);
      }
    }
    const references = [pairs.chosen.reference!, pairs.rejected.reference!] as const;
    expect(expected.error(`margin${end}`, marginOf(pairs, references, 'sum').values)).toBeLessThan(1e-5);
    expect(expected.error(`mean_margin${end}`, marginOf(pairs, references, 'mean').values)).toBeLessThan(
      1e-5,
    );
    expect(expected.error(`kto.level${end}`, [ktoLevel(pairs.mismatched)])).toBeLessThan(1e-5);
  });

  it('a level below 0 is held at 0', () => {
    expect(ktoLevel(given('mask', ...policies(), 'kl_below').mismatched)).toBe(0);
    expect(expected.values('kto_below.level')[0]).toBe(0);
  });
});
