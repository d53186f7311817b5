import { multiPositiveLoss, ofSameStudy, otherViews } from '@raca/alignment';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

/** MLRG: views of a study find each other, images their texts and texts their images. @param {import('./system-case.mjs').SystemCase} given */
export function mlrgContrast(given) {
  const { temperature } = given.hyper({ temperature: z.number().positive() });
  const studies = (/** @type {string} */ name) => Array.from(given.values(name), String);
  const views = otherViews(studies('views.study'));
  const lonely = otherViews(studies('lonely.study'));
  const pairs = ofSameStudy(studies('pairs.study'), studies('pairs.study'));

  /** @type {(rows: any, columns: any, who: import('@raca/alignment').Positives) => any} */
  const contrast = (rows, columns, who) =>
    multiPositiveLoss(unitRows(rows), unitRows(columns), who, temperature);
  const ofViews = (/** @type {any} */ x) => contrast(x, x, views);
  const ofPairs = (/** @type {any} */ image, /** @type {any} */ text) =>
    tf.div(tf.add(contrast(image, text, pairs), contrast(text, image, pairs)), 2);

  const [x, image, text] = ['views', 'image', 'text'].map((name) => given.tensor(name));
  given.check('loss_views', ofViews(x));
  given.check('loss_image_to_text', contrast(image, text, pairs));
  given.check('loss_text_to_image', contrast(text, image, pairs));
  given.check('loss_pairs', ofPairs(image, text));
  given.differentiate('loss', (by) => tf.add(ofViews(by.views), ofPairs(by.image, by.text)));
  given.differentiate('loss_lonely', (by) => contrast(by['lonely.views'], by['lonely.views'], lonely));

  const kept = rowsWithTargets(views);
  given.check('views.kept', kept);
  given.check('views.targets', targetsAmong(views, kept));
  given.check('pairs.targets', targetsAmong(pairs, rowsWithTargets(pairs)));
  given.check(
    'views.probabilities',
    kept.flatMap((i) => kept.map((j) => Math.exp(-contrast(x, x, only(views, i, j)).dataSync()[0]))),
  );
  given.hide('pairs.cosine');
}

/** @param {any} x `[n, d]` */
const unitRows = (x) => tf.div(x, tf.norm(x, 'euclidean', 1, true));

/** @param {import('@raca/alignment').Positives} who */
const rowsWithTargets = ({ targets, shape: [n, m] }) =>
  Array.from({ length: n }, (_, i) => i).filter((i) =>
    targets.subarray(i * m, (i + 1) * m).some((x) => x > 0),
  );

/** Each row's targets, which sum to 1. @param {import('@raca/alignment').Positives} who @param {number[]} kept */
const targetsAmong = ({ targets, shape: [, m] }, kept) =>
  kept.flatMap((i) => kept.map((j) => targets[i * m + j] * kept.length));

/** Row i has to find column j, and no other row anything. @param {import('@raca/alignment').Positives} who @param {number} i @param {number} j */
function only({ excluded, shape: [n, m] }, i, j) {
  const targets = new Float32Array(n * m);
  targets[i * m + j] = 1;
  return { targets, excluded, shape: /** @type {const} */ ([n, m]) };
}
