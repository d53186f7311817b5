// Pictures → small CNN → patches; with the agent's masks → the checker. Both learn from claims alone.

import { phraseChecker } from '@raca/checks';
import { Adam, EVALUATION, Random, stepLr, valueAndGradients } from '@raca/core';
import { priorAgent } from '@raca/region-agent';
import { smallCnn } from '@raca/vision';
import * as tf from '@tensorflow/tfjs-core';
import { KINDS } from './claims.mjs';
import { claimsIn, GRID, imagesOf, SIZE } from './patients.mjs';

export function makeModel(seed) {
  const random = new Random(seed);
  const cnn = smallCnn({ stem: 2, channels: [16, 32, 64], inputSize: SIZE }, random.split('cnn'));
  const findings = Object.keys(KINDS);
  const checker = phraseChecker({ width: cnn.width, findings, hidden: 64 }, random.split('checker'));
  return { cnn, checker, agent: priorAgent({ views: ['frontal'] }) };
}

/** What the checker looks at. */
function lookAt({ cnn, agent }, images, pass) {
  const { patches } = cnn.extract(images, pass);
  const kinds = Array.from({ length: images.shape[0] }, () => ['frontal']);
  const features = { patches, grid: GRID, kinds, present: null };
  const { masks } = agent.locate({ features, views: { input: { images }, kinds } });
  return { features, masks };
}

/** @param log called with the mean loss every 100 steps */
export function train(model, patients, { steps, batch, rate, seed, log = () => {} }) {
  const random = new Random(seed).split('training');
  const weights = new Map([
    ...[...model.cnn.parameters].map(([name, weight]) => [`cnn.${name}`, weight]),
    ...[...model.checker.parameters].map(([name, weight]) => [`checker.${name}`, weight]),
  ]);
  const optimizer = new Adam([{ name: 'all', parameters: weights, learningRate: rate }], {
    schedule: stepLr(1, 0.3),
    clipValue: 0.1,
  });
  let sum = 0;
  for (let step = 1; step <= steps; step++) {
    optimizer.epoch = step <= 0.7 * steps ? 0 : step <= 0.9 * steps ? 1 : 2;
    const chosen = Array.from({ length: batch }, () => random.pick(patients));
    const images = imagesOf(chosen);
    const claims = claimsIn(chosen);
    const truth = claims.map((claim) => claim.truth);
    const { value, gradients } = valueAndGradients(
      () =>
        model.checker.loss(
          lookAt(model, images, { training: true, random: random.split(step) }),
          claims,
          truth,
        ),
      weights,
    );
    optimizer.step(gradients);
    sum += value.dataSync()[0];
    tf.dispose([value, images, ...gradients.values()]);
    if (step % 100 === 0) {
      log(step, sum / 100);
      sum = 0;
    }
  }
}

/** Every claim of some patients with its probability. */
export function judge(model, patients, batch = 32) {
  const judged = [];
  for (let i = 0; i < patients.length; i += batch) {
    const some = patients.slice(i, i + batch);
    const claims = claimsIn(some);
    const probabilities = tf.tidy(() =>
      Array.from(model.checker.probabilities(lookAt(model, imagesOf(some), EVALUATION), claims)),
    );
    claims.forEach((claim, k) => {
      judged.push({ ...claim, patient: i + claim.study, probability: probabilities[k] });
    });
  }
  return judged;
}
