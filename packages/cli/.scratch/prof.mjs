import { useBackend } from '@raca/backend/node';
import { Random } from '@raca/core';
import { buildModel, smallConfig, Trainer } from '@raca/pipeline';
import * as tf from '@tensorflow/tfjs-core';

const info = await useBackend({ prefer: [process.argv[2] ?? 'wasm'] });
console.log(info);
const config = smallConfig();
const model = buildModel(config.model, { vocabularySize: 300, separator: 1, seed: 1 });
console.log(
  'params',
  [...model.parameters.values()].reduce((n, v) => n + v.size, 0),
);
const trainer = new Trainer(model, config.training, (ids) => Array.from(ids).join(' '));
const r = new Random(1);
const b = 16,
  t = 50;
const images = tf.tensor5d(
  Float32Array.from({ length: b * 2 * 112 * 112 * 3 }, () => r.normal()),
  [b, 2, 112, 112, 3],
);
const ids = new Int32Array(b * t);
for (let i = 0; i < b; i++) for (let j = 1; j < t - 1; j++) ids[i * t + j] = j % 9 === 0 ? 1 : 2 + r.int(290);
const batch = {
  vision: { images },
  tokens: { ids, shape: [b, t] },
  sentenceRegions: Array.from({ length: b }, () => Array.from({ length: 5 }, () => [r.int(12)])),
};
for (let i = 0; i < 3; i++) trainer.trainStep(batch, 0);
let n = tf.memory().numTensors,
  t0 = performance.now();
const N = 10;
for (let i = 0; i < N; i++) trainer.trainStep(batch, 0);
console.log('ms/step', (performance.now() - t0) / N, 'leak', tf.memory().numTensors - n);
const eng = tf.engine();
const orig = eng.runKernelFunc.bind(eng);
const acc = {};
eng.runKernelFunc = (p) => {
  const s = performance.now();
  const o = orig(p);
  const k = p.kernelName ?? 'custom';
  acc[k] ??= { n: 0, ms: 0 };
  acc[k].n++;
  acc[k].ms += performance.now() - s;
  return o;
};
t0 = performance.now();
trainer.trainStep(batch, 0);
trainer.trainStep(batch, 0);
console.log('total 2', performance.now() - t0);
console.log(
  Object.entries(acc)
    .sort((a, b) => b[1].ms - a[1].ms)
    .slice(0, 22)
    .map(([k, v]) => `${k} n=${v.n / 2} ms=${(v.ms / 2).toFixed(1)}`)
    .join('\n'),
  'kernels',
  Object.values(acc).reduce((a, v) => a + v.n, 0) / 2,
  'ms',
  Object.values(acc).reduce((a, v) => a + v.ms, 0) / 2,
);
process.exit(0);
