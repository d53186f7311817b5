import '@tensorflow/tfjs-backend-cpu';
import {
  assignValues,
  EVALUATION,
  type FindingHead,
  type FindingInput,
  type FindingReading,
  type LossInput,
  memoryPart,
  Random,
  unknownViews,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { nextPrior } from './calibration';
import { CHEXPERT_FINDINGS } from './chexpert-findings';
import type { FindingHeadConfig } from './config';
import { findingHead } from './finding-head';
import { findingLoss } from './finding-loss';
import { goldenCase, hasGolden } from './golden-case';

/** Patches as a study's whole memory. */
function inputOf(patches: tf.Tensor3D, masks: tf.Tensor3D, present: tf.Tensor2D | null = null): FindingInput {
  const [b, p] = patches.shape;
  return {
    features: { patches, present, grid: { views: 1, rows: 1, cols: p }, kinds: unknownViews(b, 1) },
    masks,
    memory: memoryPart('patches', patches, present),
  };
}

const close = (found: tf.Tensor, expected: ArrayLike<number>, tolerance = 1e-5): void =>
  tf.test_util.expectArraysClose(found.dataSync(), Array.from(expected), tolerance);

/**
 * Values of a Python program in float64 that was written from the equations of the README, not from this code. Value i of the
 * weight named s is 0.5 sin(0.7 i + Σ character codes of s); value i of the patches `[2, 4, 3]` is cos(1.3 i + 0.1). The
 * second study has two patches.
 */
const LOGITS = [
  [-0.420091, -0.0073, 0.408925, 0.632826, 0.474643, 0.272647, -0.05758, -0.360726],
  [-0.579584, -0.464111, -0.130359, 0.264702, 0.409379, 0.32969, 0.094943, -0.184457],
];
const ADDED = [
  [
    0.934354, 0.176915, -0.832794, -0.714294, 0.561322, 1.021511, -0.106653, -0.967896, -0.404258, 0.659782,
    0.867915, -0.188539,
  ],
  [-1.151062, -0.337334, 0.908749, 0.580292, -0.523637, -0.922278],
];
const GATED = [
  [
    0.998144, 0.246441, -0.790231, -0.76865, 0.51517, 1.005269, -0.088616, -0.967128, -0.421121, 0.68961,
    0.914853, -0.146566,
  ],
  [-1.224941, -0.412692, 0.867354, 0.663051, -0.455689, -0.901097],
];
const VECTORS = [
  [-0.218258, -0.223245, -0.123237, 0.157607, 0.230193, 0.194515],
  [-0.282589, -0.261478, -0.11739, 0.131495, 0.199307, 0.173382],
];

describe('values of another program', () => {
  const read = (tell: FindingHeadConfig['tell']): FindingReading => {
    const head = findingHead({ width: 3, regions: 2, findings: ['one', 'other'], tell }, new Random(1));
    for (const [name, variable] of head.parameters) {
      const seed = [...name].reduce((sum, c) => sum + c.charCodeAt(0), 0);
      assignValues(
        variable,
        Float32Array.from({ length: variable.size }, (_, i) => 0.5 * Math.sin(0.7 * i + seed)),
      );
    }
    const values = Float32Array.from({ length: 24 }, (_, i) => Math.cos(1.3 * i + 0.1));
    const masks = tf.tensor3d([1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 1], [2, 2, 4]);
    const present = tf.tensor2d([1, 1, 1, 1, 1, 1, 0, 0], [2, 4]);
    return head.read(inputOf(tf.tensor3d(values, [2, 4, 3]), masks, present), EVALUATION);
  };

  it('reads findings from mean, patches and regions', () => {
    const { logits, memory, prefix } = read('none');
    close(logits, LOGITS.flat());
    expect([memory, prefix]).toEqual([undefined, undefined]);
  });

  it.each([
    ['added', ADDED],
    ['gated', GATED],
  ] as const)('tells them: %s', (tell, [first, second]) => {
    close(read(tell).memory!.tokens, [...first, ...second, 0, 0, 0, 0, 0, 0]);
  });

  it('tells them as places and as words', () => {
    const { tokens, present, parts } = read('tokens').memory!;
    close(tf.slice(tokens, [0, 4, 0]), VECTORS.flat());
    close(present!, [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1]);
    expect(parts.at(-1)).toEqual({ name: 'findings', from: 4, to: 6 });
    const { memory, prefix } = read('prefix');
    close(prefix!, VECTORS.flat());
    expect(memory).toBe(undefined);
  });
});

describe.skipIf(!hasGolden('promptmrg'))(
  'values of PromptMRG (skipped where ../shared/golden is absent)',
  () => {
    const names = Array.from({ length: 18 }, (_, c) => (c < 14 ? CHEXPERT_FINDINGS[c] : `extra ${c - 13}`));
    /** The published row of a state and a finding is state · 18 + finding. */
    const byFinding = (x: tf.Tensor): tf.Tensor =>
      tf.reshape(tf.transpose(tf.reshape(x, [4, 18, -1]), [2, 1, 0]), [-1, 72]);
    const head = (golden: ReturnType<typeof goldenCase>, prior: tf.Tensor): FindingHead => {
      const frequencies = Object.fromEntries(names.map((name) => [name, 0.5]));
      const options = { adjustment: 'adaptive', frequencies, tell: 'none' } as const;
      const made = findingHead(
        { width: 10, regions: 1, findings: names, pool: ['mean'], ...options },
        new Random(1),
      );
      const set = (name: string, x: tf.Tensor) =>
        assignValues(made.parameters.get(name)!, x.dataSync() as Float32Array);
      set('classifier.mean.weight', byFinding(golden('head.weight')));
      set('classifier.mean.bias', byFinding(golden('head.bias')));
      set('prior', prior);
      return made;
    };
    const lossesOf = (made: FindingHead, features: tf.Tensor, targets: tf.Tensor): tf.Scalar => {
      const patches = tf.reshape(features, [3, 1, 10]) as tf.Tensor3D;
      const reading = made.read(inputOf(patches, tf.ones([3, 1, 1])), EVALUATION);
      const labels = { names, states: Uint8Array.from(targets.dataSync()) };
      return made.losses({ reading, labels } as unknown as LossInput, EVALUATION).findings;
    };

    it('has its class loss with ln π, and its gradient', () => {
      const golden = goldenCase('promptmrg');
      const made = head(golden, golden('pi_start'));
      const [features, targets] = [golden('features'), golden('targets')];
      close(lossesOf(made, features, targets), golden('loss_cls').dataSync());
      const grad = tf.grad((x) => lossesOf(made, x, targets))(features);
      close(tf.mul(grad, 4), golden('grad.features').dataSync(), 1e-6); // the loss of the case is tokens + 4 classes
      const weight = made.parameters.get('classifier.mean.weight')!;
      const { grads } = tf.variableGrads(() => lossesOf(made, features, targets), [weight]);
      close(tf.mul(grads[weight.name], 4), byFinding(golden('grad.head.weight')).dataSync(), 1e-6);
    });

    it('has its π after an epoch, and the loss with it', () => {
      const golden = goldenCase('promptmrg');
      const findings = names.slice(0, 14);
      const [positive, truth] = [golden('val.positive_probability'), golden('val.labels')].map((x) =>
        x.dataSync(),
      );
      const probabilities = Float32Array.from({ length: 17 * 14 * 4 }, (_, i) =>
        i % 4 === 1 ? positive[Math.floor(i / 4)] : 0,
      );
      const labels = { names: findings, states: Uint8Array.from(truth) };
      const next = nextPrior(probabilities, labels, findings, new Float32Array(14).fill(1));
      const expected = golden('pi_next').dataSync();
      close(tf.tensor1d(next), expected.slice(0, 14));
      const made = head(golden, golden('pi_next'));
      close(
        lossesOf(made, golden('features'), golden('targets')),
        golden('loss_cls_with_pi_next').dataSync(),
      );
    });
  },
);

describe.skipIf(!hasGolden('fita'))('values of FITA (skipped where ../shared/golden is absent)', () => {
  it('has its class loss, and its gradient', () => {
    const golden = goldenCase('fita');
    const truth = Uint8Array.from(golden('labels').dataSync()); // 1 positive, 0 blank
    const options = { loss: 'binary', weights: null, prior: null } as const;
    const loss = (x: tf.Tensor): tf.Scalar => {
      // its one logit against 0: blank 0, and no other state
      const none = tf.fill([3, 14], -1e9);
      return findingLoss(tf.stack([tf.zeros([3, 14]), x, none, none], 2) as tf.Tensor3D, truth, options);
    };
    const logits = golden('class_logits');
    close(loss(logits), golden('loss_cls').dataSync());
    close(tf.sum(tf.grad(loss)(logits), 0), golden('grad.classes.bias').dataSync(), 1e-6);
  });
});
