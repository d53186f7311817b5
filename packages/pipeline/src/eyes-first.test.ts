import { useBackend } from '@raca/backend/node';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Slot } from './config';
import { buildModel } from './modules';
import { TINY_SIZES, TINY_WORDS, tinyBatch, tinyConfig } from './tiny';
import { Trainer } from './trainer';

beforeAll(() => useBackend({ prefer: ['wasm'] }));

const decode = (ids: ArrayLike<number>): string =>
  Array.from(ids, (id) => (id ? TINY_WORDS[id - 1] : '')).join(' ');

function trainerOf(training: object, findings: Slot | null = { use: 'finding-head', config: {} }): Trainer {
  const { model, training: settings } = tinyConfig({ findings }, { epochs: 5, ...training });
  return new Trainer(buildModel(model, TINY_SIZES), settings, decode);
}

/** Slots whose weights a step changed. */
function changedBy(trainer: Trainer, epoch: number): Set<string> {
  const values = () => new Map([...trainer.model.parameters].map(([name, v]) => [name, `${v.dataSync()}`]));
  const before = values();
  trainer.trainStep(tinyBatch(), epoch);
  return new Set([...values()].flatMap(([name, x]) => (x === before.get(name) ? [] : [name.split('.')[0]])));
}

describe('eyesFirst', () => {
  it('trains encoder and finding head alone in its epochs, everything afterwards', () => {
    const trainer = trainerOf({ eyesFirst: 2 });
    expect(changedBy(trainer, 1)).toEqual(new Set(['vision', 'findings']));
    expect(changedBy(trainer, 2)).toEqual(
      new Set(['vision', 'findings', 'agent', 'alignment', 'fusion', 'decoder']),
    );
  });

  it('has no other loss, frees what it makes and learns the labels by heart', () => {
    const trainer = trainerOf({ eyesFirst: 2 });
    const batch = tinyBatch();
    const first = trainer.trainStep(batch, 0);
    expect(Object.keys(first)).toEqual(['findings', 'loss']);
    const tensors = tf.memory().numTensors;
    let last = first;
    for (let i = 0; i < 60; i++) last = trainer.trainStep(batch, 0);
    expect(last.findings).toBeLessThan(first.findings / 2);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('counts the schedule from the first epoch after them', () => {
    const trainer = trainerOf({ eyesFirst: 2, schedule: { every: 1, gamma: 0.5 } });
    const factors = [0, 1, 2, 3].map((epoch) => {
      trainer.trainStep(tinyBatch(), epoch);
      return trainer.optimizer.epoch;
    });
    expect(factors).toEqual([0, 0, 0, 1]);
  });

  it('weighs the loss as asked, and lets weights of other losses be', () => {
    const lossWeights = { findings: 4, global: 0.5 };
    const log = trainerOf({ eyesFirst: 2, lossWeights }).trainStep(tinyBatch(), 0);
    expect(log.loss).toBeCloseTo(4 * log.findings, 5);
  });

  it('takes half of the epochs at most, and does nothing without a finding head', () => {
    expect(changedBy(trainerOf({ eyesFirst: 9 }), 1)).not.toContain('decoder');
    expect(changedBy(trainerOf({ eyesFirst: 9 }), 2)).toContain('decoder');
    expect(changedBy(trainerOf({ eyesFirst: 2 }, null), 0)).toContain('decoder');
  });
});
