import '@tensorflow/tfjs-backend-cpu';
import { Random, type RegionSet } from '@raca/core';
import { lossRows, patchFeatures, sumOfLosses } from '@raca/core/layers';
import { checkLayer, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { GumbelAgentLayer, PriorAgentLayer } from './layers';

const [b, d] = [2, 6];
const grid = { rows: 3, cols: 3 };
const p = 2 * grid.rows * grid.cols; // a frontal and a lateral view
const patches = randomTensor<tf.Rank.R3>([b, p, d], new Random(6));
const frontalOnly = tf.tensor2d([...Array(p + p / 2).fill(1), ...Array(p / 2).fill(0)], [b, p]);
const inputOf = (inputs: readonly tf.Tensor[]) => {
  const features = patchFeatures(inputs[0], inputs[1], grid);
  return { features, views: { input: { features }, kinds: features.kinds } };
};
/** Names with capitals and an underscore, which tfjs would rewrite in a saved config. */
const regions: RegionSet = {
  name: 'Own_set',
  words: {},
  names: ['Left_Half', 'Right half'],
  drawings: {
    frontal: {
      Left_Half: [{ box: [0.5, 0, 1, 1] }],
      'Right half': [{ box: [0, 0, 0.5, 1] }],
    },
  },
};

describe.each([
  ['all patches', [patches]],
  ['some patches', [patches, frontalOnly]],
])('agents as layers, of %s', (_, inputs) => {
  it.each([undefined, regions])('priorAgent is its module, regions %#', async (set) => {
    const passed = await checkLayer({
      make: () => new PriorAgentLayer({ name: 'prior', grid, regions: set }),
      inputs,
      run: (agent, all) => agent.locate(inputOf(all)).masks,
    });
    expect(passed).toContain('the config survives saving');
  });

  it.each(['gumbel', 'straight-through'] as const)('gumbelAgent is its module, %s', async (estimator) => {
    const passed = await checkLayer({
      make: () => new GumbelAgentLayer({ name: 'agent', grid, width: d, hidden: 5, estimator }),
      inputs,
      samples: true,
      run(agent, all, pass) {
        const { masks, probabilities, losses } = agent.relax(inputOf(all), pass);
        return [masks, probabilities, lossRows(losses, ['agentPrior'], b)];
      },
    });
    expect(passed).toContain('fit moves weights');
  });
});

describe('GumbelAgentLayer', () => {
  it('learns the prior by its loss alone', async () => {
    const input = tfl.input({ shape: [p, d] });
    const agent = new GumbelAgentLayer({ grid, width: d, hidden: 8 });
    const [, , losses] = agent.apply(input) as tfl.SymbolicTensor[];
    const model = tfl.model({ inputs: input, outputs: losses });
    model.compile({ optimizer: tf.train.adam(0.02), loss: sumOfLosses });
    const { history } = await model.fit(patches, tf.ones([b, 1]), { epochs: 60, verbose: 0 });
    expect(history.loss.at(-1) as number).toBeLessThan(0.8 * (history.loss[0] as number));
    model.dispose();
  });

  it('says what it misses', () => {
    expect(() => new GumbelAgentLayer({ width: d } as never)).toThrow(/grid/);
    expect(() => new PriorAgentLayer({ grid: { rows: 0, cols: 3 } })).toThrow(/rows/);
  });
});

it('lossRows and sumOfLosses weigh losses', () => {
  const rows = lossRows({ one: tf.scalar(2), two: tf.scalar(3) }, ['one', 'none', 'two'], 2);
  expect(rows.arraySync()).toEqual([
    [2, 0, 3],
    [2, 0, 3],
  ]);
  const weights = tf.tensor2d([
    [1, 1, 0.5],
    [1, 1, 0.5],
  ]);
  expect(sumOfLosses(weights, rows).dataSync()[0]).toBe(3.5);
});
