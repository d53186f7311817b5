import '@tensorflow/tfjs-backend-cpu';
import { type AgentInput, type PatchGrid, Random, type RegionSet, THORAX_12 } from '@raca/core';
import { checkRegionAgent, randomTensor } from '@raca/core/testing';
import type * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { IDENTITY } from './adaptive/affine';
import { Atlas } from './adaptive/atlas';
import {
  adaptiveAgent,
  anatomicalPrior,
  gumbelAgent,
  priorAgent,
  priorFor,
  racaAgent,
  regionSetSchema,
} from './index';
import { inputOf } from './test-input';

/** Two regions: the left half and the lower right quarter of a frontal view. */
const HALVES: RegionSet = {
  name: 'halves',
  names: ['Left', 'Corner'],
  drawings: {
    frontal: {
      Left: [{ box: [0, 0, 0.5, 1] }],
      Corner: [
        {
          polygon: [
            [0.5, 0.5],
            [1, 0.5],
            [1, 1],
            [0.5, 1],
          ],
        },
      ],
    },
  },
  words: { Left: ['left'], Corner: ['lower right'] },
};
const UNDRAWN: RegionSet = { ...HALVES, name: 'undrawn', drawings: null };
const GRID: PatchGrid = { views: 2, rows: 4, cols: 4 };
const D = 5;

describe('a set of regions of one’s own', () => {
  it('is drawn on any grid', () => {
    expect([...anatomicalPrior(2, 2, 'frontal', HALVES)!]).toEqual([1, 0, 1, 0, 0, 0, 0, 1]);
    expect(anatomicalPrior(2, 2, 'lateral', HALVES)).toBeNull();
    const prior = priorFor(GRID, ['lateral', 'frontal'], 'raca', HALVES);
    expect(prior.masks).toHaveLength(2 * 32);
    expect(prior.views).toEqual([false, true]);
  });

  it('leaves regions out that a view does not show', () => {
    const set = { ...HALVES, drawings: { frontal: { Left: HALVES.drawings!.frontal!.Left } } };
    expect([...anatomicalPrior(2, 2, 'frontal', set)!]).toEqual([1, 0, 1, 0, 0, 0, 0, 0]);
  });

  it.each([
    ['prior', () => priorAgent({ regions: HALVES })],
    ['raca', (width: number, random: Random) => racaAgent({ regions: HALVES, width, hidden: 6 }, random)],
    ['gumbel', (width: number, random: Random) => gumbelAgent({ regions: HALVES, width, hidden: 6 }, random)],
    [
      'adaptive',
      (width: number, random: Random) =>
        adaptiveAgent({ regions: HALVES, width, hidden: 6, registerAfter: 0 }, random),
    ],
    [
      'raca without drawings',
      (width: number, random: Random) => racaAgent({ regions: UNDRAWN, width, hidden: 6 }, random),
    ],
    [
      'gumbel without drawings',
      (width: number, random: Random) => gumbelAgent({ regions: UNDRAWN, width, hidden: 6 }, random),
    ],
  ] as [string, (width: number, random: Random) => ReturnType<typeof racaAgent>][])(
    'satisfies the contract: %s',
    (_, make) => {
      const passed = checkRegionAgent((width, _grid, random) => make(width, random), D, GRID, { regions: 2 });
      expect(passed).toContain('masks [b, r, p]');
    },
  );

  it('stands in the config as plain data, and makes the same agent again', () => {
    const agent = racaAgent({ regions: HALVES, width: D, hidden: 6 }, new Random(1));
    const { config } = JSON.parse(JSON.stringify(agent.info)) as { config: object };
    const again = racaAgent(config, new Random(1));
    const input: AgentInput = inputOf(randomTensor<tf.Rank.R3>([1, 32, D], new Random(2)), GRID);
    expect([...again.locate(input).probabilities.dataSync()]).toEqual([
      ...agent.locate(input).probabilities.dataSync(),
    ]);
  });

  it('is absent from a config that asks for the 12, which are those of an explicit default', () => {
    const [without, given] = [{}, { regions: THORAX_12 as RegionSet }].map((option) =>
      racaAgent({ ...option, width: D, hidden: 6, priorLogit: 1 }, new Random(1)),
    );
    expect(without.info.config).not.toHaveProperty('regions');
    const input = inputOf(randomTensor<tf.Rank.R3>([1, 32, D], new Random(2)), GRID);
    expect([...given.locate(input).probabilities.dataSync()]).toEqual([
      ...without.locate(input).probabilities.dataSync(),
    ]);
  });

  it('racaAgent learns its prior', () => {
    const agent = racaAgent(
      { regions: HALVES, width: D, hidden: 8, views: ['frontal'], actorRate: 1e-2 },
      new Random(1),
    );
    const random = new Random(2);
    const grid = { ...GRID, views: 1 };
    const step = (): number => {
      const input = inputOf(randomTensor<tf.Rank.R3>([4, 16, D], random), grid);
      const episode = agent.act(input, random);
      const { reward } = agent.learn(episode, { quality: new Float32Array(4) });
      episode.dispose();
      return reward;
    };
    const rewards = Array.from({ length: 60 }, step);
    const mean = (xs: number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
    expect(mean(rewards.slice(-5))).toBeGreaterThan(mean(rewards.slice(0, 5)) + 0.4);
  });

  it('is refused in one line where it does not serve', () => {
    const none = 'goes by drawings of the regions, and the set "undrawn" has none';
    expect(() => priorAgent({ regions: UNDRAWN })).toThrow(`priorAgent: ${none}`);
    expect(() => adaptiveAgent({ regions: UNDRAWN }, new Random(1))).toThrow(`adaptiveAgent: ${none}`);
    expect(() => priorAgent({ regions: HALVES, variant: 'published' })).toThrow(
      'the published prior is of thorax-12, not of "halves"',
    );
    expect(() => adaptiveAgent({ regions: HALVES, outline: true }, new Random(1))).toThrow(
      'outline draws lungs and heart of thorax-12, not regions of "halves"',
    );
  });
});

describe('regionSetSchema', () => {
  const faults: [string, unknown, string][] = [
    ['a name twice', { ...HALVES, names: ['Left', 'Left'], drawings: null, words: {} }, 'found one twice'],
    ['no names', { ...HALVES, names: [] }, 'names'],
    ['words of no region', { ...HALVES, words: { Right: ['right'] } }, "one of the set's regions, found"],
    [
      'a drawing of no region',
      { ...HALVES, drawings: { lateral: { Right: [] } } },
      "one of the set's regions, found",
    ],
    ['a view of no kind', { ...HALVES, drawings: { oblique: {} } }, 'oblique'],
    ['an unknown stroke', { ...HALVES, drawings: { frontal: { Left: [{ blob: 1 }] } } }, 'Invalid'],
    [
      'a flat ellipse',
      { ...HALVES, drawings: { frontal: { Left: [{ ellipse: [0, 0, 0, 1] }] } } },
      'expected number to be >0',
    ],
  ];
  it.each(faults)('refuses %s', (_, set, message) => {
    expect(() => regionSetSchema.parse(set)).toThrow(message);
  });

  it('takes the 12 as they are', () => {
    expect(regionSetSchema.parse(THORAX_12)).toEqual(THORAX_12);
  });
});

it('an atlas holds more regions than one number has bits', () => {
  // region k of 70 covers column k mod 7 of the frontal view
  const atlas = new Atlas((rows, cols) =>
    Float32Array.from({ length: 70 * rows * cols }, (_, i) => {
      const column = Math.floor((((i % cols) + 0.5) / cols) * 7);
      return column === Math.floor(i / (rows * cols)) % 7 ? 1 : 0;
    }),
  );
  const masks = atlas.masks(IDENTITY, 1, 7);
  for (let k = 0; k < 70; k++) {
    expect([...masks.subarray(7 * k, 7 * k + 7)], `region ${k}`).toEqual(
      Array.from({ length: 7 }, (_, i) => Number(i === k % 7)),
    );
  }
});
