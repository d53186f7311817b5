import { useBackend } from '@raca/backend/node';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from './config';
import { buildModel } from './modules';
import { TINY_SIZES, TINY_WORDS, tinyBatch, tinyConfig } from './tiny';
import { Trainer } from './trainer';

const found = await useBackend({ prefer: ['native'], threads: 2 }).catch((error: Error) => error);
const missing = found instanceof Error ? found.message : '';

/** What the native backend shows of its programs. */
interface Gradients {
  readonly refusals: readonly string[];
  find: () => unknown;
}

describe.skipIf(missing !== '')(`training on the native backend ${missing}`, () => {
  beforeAll(() => tf.setBackend('native').then(() => undefined));

  const decode = (ids: ArrayLike<number>): string =>
    Array.from(ids, (id) => (id ? TINY_WORDS[id - 1] : '')).join(' ');
  const trainerOf = (width: number): Trainer => {
    const { model, training } = tinyConfig({ width }, { agentEvery: 2 });
    return new Trainer(buildModel(model, TINY_SIZES), training, decode);
  };
  const weights = ({ model }: Trainer) =>
    new Map([...model.parameters].map(([name, v]) => [name, v.dataSync() as Float32Array]));

  it('ends 20 steps with the same bits for the same seed and threads', () => {
    const run = () => {
      const trainer = trainerOf(64);
      for (let i = 0; i < 20; i++) trainer.trainStep(tinyBatch(), 0);
      return weights(trainer);
    };
    const [once, again] = [run(), run()];
    for (const [name, values] of once) expect([name, values]).toEqual([name, again.get(name)]);
  });

  /** With dropout less is recorded. */
  const withoutDropout = (credit = 'patch', findings: ModelConfig['findings'] = null) => {
    const layers = { heads: 2, feedForward: 6, layers: 1, dropout: 0 };
    return tinyConfig(
      {
        vision: { use: 'visual-transformer', config: { ...layers, patchDropout: 0 } },
        agent: { use: 'raca', config: { hidden: 4, credit } },
        alignment: { use: 'contrastive', config: { ...layers, projection: 4 } },
        findings,
        decoder: { use: 'transformer', config: layers },
      },
      { agentEvery: 2 },
    );
  };

  it('goes on after a break with the same bits, though its programs are recorded anew', () => {
    const { model, training } = withoutDropout();
    const make = () => new Trainer(buildModel(model, TINY_SIZES), training, decode);
    const whole = make();
    for (let i = 0; i < 9; i++) whole.trainStep(tinyBatch(), 0);
    const first = make();
    for (let i = 0; i < 4; i++) first.trainStep(tinyBatch(), 0);
    const second = make();
    for (const [name, v] of second.model.parameters) v.assign(first.model.parameters.get(name)!);
    second.loadState(first.state());
    second.step = first.step;
    for (let i = 0; i < 5; i++) second.trainStep(tinyBatch(), 0);
    const ended = weights(second);
    for (const [name, values] of weights(whole)) expect([name, values]).toEqual([name, ended.get(name)]);
  });

  it.each([
    ['patch', null],
    ['region', null],
    ['patch', { use: 'finding-head', config: { gold: 0 } }],
  ])(
    'learns the same by recorded programs as kernel by kernel, credit by %s, findings %o',
    (credit, findings) => {
      const { model, training } = withoutDropout(credit, findings);
      const logs = () => {
        const trainer = new Trainer(buildModel(model, TINY_SIZES), training, decode);
        return Array.from({ length: 6 }, () => trainer.trainStep(tinyBatch(), 0));
      };
      const { gradients } = tf.backend() as unknown as { gradients: Gradients };
      const recorded = logs();
      expect(gradients.refusals).toEqual([]);
      const { find } = gradients;
      gradients.find = () => null;
      const plain = logs();
      gradients.find = find;
      expect(logs()).toEqual(recorded);
      recorded.forEach((log, i) => {
        expect(Object.keys(log)).toEqual(Object.keys(plain[i]));
        for (const [name, x] of Object.entries(log))
          expect(x, `${name} of step ${i}`).toBeCloseTo(plain[i][name], 4);
      });
      expect(recorded[0]).toHaveProperty('agent/criticLoss');
    },
  );

  it('takes a step that the WASM backend takes too', async () => {
    const step = () => {
      const trainer = trainerOf(8);
      const { loss } = trainer.trainStep(tinyBatch(), 0);
      return { loss, weights: weights(trainer) };
    };
    const native = step();
    await useBackend({ prefer: ['wasm'] });
    const wasm = step();
    await tf.setBackend('native');
    expect(native.loss).toBeCloseTo(wasm.loss, 4);
    // Adam divides by the gradient's size, so noise of a gradient near 0 may turn a whole step of 1e-2.
    const far = [...native.weights].filter(([name, values]) => {
      const other = wasm.weights.get(name)!;
      return values.filter((x, i) => Math.abs(x - other[i]) > 1e-3).length > values.length / 10;
    });
    expect(far.map(([name]) => name)).toEqual([]);
  });
});
