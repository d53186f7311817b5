import {
  dpo,
  ipo,
  kto,
  ktoLevel,
  orpo,
  rrgDpo,
  sequenceMean,
  sequenceSum,
  simpo,
  tokenMean,
} from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

const number = z.number();

/** Whole reports and sentences that differ: the mask, and how names end. */
const MASKS = /** @type {const} */ ([
  ['mask', ''],
  ['sentence', '.sentence'],
]);
const SIDES = /** @type {const} */ (['chosen', 'rejected']);

/** Losses on pairs of reports. @param {import('./system-case.mjs').SystemCase} given */
export function preferenceLosses(given) {
  const { beta, ...h } = given.hyper({
    beta: number,
    simpo_beta: number,
    simpo_gamma: number,
    orpo_weight: number,
    kto_weights: z.tuple([number, number]),
    rrg_dpo_penalty: number,
  });
  const [desirable, undesirable] = h.kto_weights;
  const toWanted = kto({ beta, desirable, undesirable });
  const toDifference = rrgDpo({ beta, penalty: h.rrg_dpo_penalty });
  const objectives = {
    dpo: dpo({ beta }),
    ipo: ipo({ beta }),
    ipo_sum: ipo({ beta, pooling: 'sum' }),
    kto: toWanted,
    kto_below: toWanted,
    simpo: simpo({ beta: h.simpo_beta, gamma: h.simpo_gamma }),
    orpo: orpo({ weight: h.orpo_weight }),
  };
  const matrix = (/** @type {string} */ name) => /** @type {any} */ (given.tensor(name));
  const drift = (/** @type {string} */ of) => ({
    policy: given.values(`${of}.policy`),
    reference: given.values('kl.reference'),
  });
  const drifts = { kto: drift('kl'), kto_below: drift('kl_below') };
  const whole = matrix('mask.chosen');

  /** @type {(policies: Record<string, any>, mask: string, objective: string) => any} */
  const pairs = (policies, mask, objective) => ({
    ...Object.fromEntries(
      SIDES.map((side) => [
        side,
        {
          policy: policies[`policy.${side}`],
          reference: matrix(`reference.${side}`),
          mask: matrix(`${mask}.${side}`),
        },
      ]),
    ),
    wholeChosen: whole,
    mismatched: objective === 'kto_below' ? drifts.kto_below : drifts.kto,
  });

  for (const [mask, end] of MASKS) {
    for (const [name, objective] of Object.entries(objectives)) {
      given.differentiate(name + end, (policies) => objective(pairs(policies, mask, name)));
    }
    for (const [name, mismatched] of Object.entries(drifts)) {
      given.check(`${name}.level${end}`, [ktoLevel(mismatched)]);
    }
    for (const side of SIDES) {
      for (const model of ['policy', 'reference']) {
        const [values, counted] = [matrix(`${model}.${side}`), matrix(`${mask}.${side}`)];
        given.check(`sum.${model}.${side}${end}`, rowByRow(sequenceSum, values, counted));
        given.check(`mean.${model}.${side}${end}`, rowByRow(sequenceMean, values, counted));
      }
    }
    given.hide(...['margin', 'mean_margin', 'orpo.log_odds_ratio'].map((name) => name + end));
  }
  given.differentiate('rrg_dpo', (policies) => toDifference(pairs(policies, 'sentence', 'rrg_dpo')));
  given.check('orpo.nll', tf.neg(tokenMean(matrix('policy.chosen'), whole)));
  given.hide('rrg_dpo.margin');
}

/** A reduction of every row by itself. @param {import('@raca/objectives').Reduction} reduction @param {any} values @param {any} mask */
function rowByRow(reduction, values, mask) {
  const [rows, t] = mask.shape;
  const row = (/** @type {any} */ x, /** @type {number} */ i) => tf.slice(x, [i, 0], [1, t]);
  return tf.stack(Array.from({ length: rows }, (_, i) => reduction(row(values, i), row(mask, i))));
}
