import '@tensorflow/tfjs-backend-cpu';
import type { AgentInput, PatchGrid, ViewKind } from '@raca/core';
import { EVALUATION, presentPatches, Random } from '@raca/core';
import { randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gumbelAgent, priorAgent, priorFor, racaAgent } from '../index';
import { ByKinds, joined, kindsOf } from './kinds';

const GRID: PatchGrid = { views: 2, rows: 7, cols: 7 };
const D = 5;

/** Studies that show different things. */
function studies(kinds: (ViewKind | null)[][]): AgentInput {
  const patches = randomTensor<tf.Rank.R3>([kinds.length, 98, D], new Random(3));
  const features = { patches, grid: GRID, kinds, present: presentPatches(kinds, GRID) };
  return { features, views: { input: { features }, kinds } };
}

const MIXED: (ViewKind | null)[][] = [
  ['lateral', 'frontal'],
  ['unknown', 'unknown'],
  ['frontal', null],
  ['other', 'lateral'],
];
/** What an agent that was told frontal, lateral takes them for. */
const TAKEN: (ViewKind | null)[][] = [
  ['lateral', 'frontal'],
  ['frontal', 'lateral'],
  ['frontal', null],
  ['other', 'lateral'],
];

describe('kindsOf', () => {
  it('takes what the study says, and what was said of the slot where it does not', () => {
    expect(kindsOf('agent', MIXED, [4, 2], ['frontal', 'lateral'])).toEqual(TAKEN);
    expect(kindsOf('agent', [['unknown', 'unknown']], [1, 2], ['frontal'])).toEqual([['frontal', 'unknown']]);
  });

  it('names kinds that do not fit', () => {
    expect(() => kindsOf('agent', [['frontal']], [1, 2], [])).toThrow(
      'agent: expected kinds of 1 × 2 views, got 1 × 1',
    );
    expect(() => priorAgent().locate(studies([['frontal', 'lateral', 'other']]))).toThrow(
      'priorAgent: expected kinds of 1 × 2 views, got 1 × 3',
    );
  });
});

describe('ByKinds', () => {
  it('draws each combination once, and one for all studies that are alike', () => {
    const drawn: string[] = [];
    const all = new ByKinds((_, kinds) => {
      drawn.push(kinds.join());
      return kinds.length;
    });
    expect(all.of(GRID, [['frontal'], ['frontal']])).toEqual([1]);
    expect(all.of(GRID, [['frontal'], [null]])).toEqual([1, 1]);
    expect(all.of(GRID, [[null], ['frontal']])).toHaveLength(2);
    expect(drawn).toEqual(['frontal', '']);
  });
});

describe('the prior of each study by what it shows', () => {
  const expected = joined(TAKEN.map((kinds) => priorFor(GRID, kinds, 'raca').masks));

  it('priorAgent finds it', () => {
    const { masks } = priorAgent().locate(studies(MIXED));
    expect([...masks.dataSync()]).toEqual([...expected]);
    const other = masks.dataSync().subarray(3 * 12 * 98, 3 * 12 * 98 + 49);
    expect(other.some((x) => x !== 0)).toBe(false);
  });

  it('the published prior is in every view that is there', () => {
    const { masks } = priorAgent({ variant: 'published' }).locate(studies(MIXED));
    const sums = (tf.sum(masks, 1).arraySync() as number[][]).map((row) => [
      row.slice(0, 49).some((x) => x > 0),
      row.slice(49).some((x) => x > 0),
    ]);
    expect(sums).toEqual([
      [true, true],
      [true, true],
      [true, false],
      [true, true],
    ]);
  });

  it('racaAgent starts from it', () => {
    const agent = racaAgent({ width: D, hidden: 4, priorLogit: 9 }, new Random(1));
    const { masks, probabilities } = agent.locate(studies(MIXED));
    const other = (i: number): boolean => Math.floor(i / (12 * 98)) === 3 && i % 98 < 49;
    const differ = [...masks.dataSync()].filter((x, i) => !other(i) && x !== expected[i]);
    expect(differ).toEqual([]);
    // a view without a prior is left to the network, whose first logits are small
    const free = [...probabilities.dataSync()].filter((_, i) => other(i));
    expect(free.every((p) => p > 0.02 && p < 0.98)).toBe(true);
  });

  it('racaAgent is rewarded by it', () => {
    // log-odds ±30 at the prior: every choice is the prior's, so each known one inside or outside earns 1
    const agent = racaAgent({ width: D, hidden: 4, priorLogit: 30 }, new Random(1));
    const episode = agent.act(studies(MIXED.slice(0, 3)), new Random(2));
    expect(agent.learn(episode, { quality: new Float32Array(3) }).reward).toBeCloseTo(1, 6);
    // with a view of another kind, 49 of 343 patches earn nothing
    const more = agent.act(studies(MIXED), new Random(2));
    expect(agent.learn(more, { quality: new Float32Array(4) }).reward).toBeCloseTo(6 / 7, 6);
  });

  it('gumbelAgent is pulled to it: the mean cross-entropy over patches that have one', () => {
    const agent = gumbelAgent({ width: D, hidden: 4, positions: false }, new Random(1));
    const input = studies(MIXED);
    const loss = agent.relax(input, EVALUATION).losses.agentPrior.dataSync()[0];
    const chances = agent.locate(input).probabilities.dataSync();
    let [sum, count] = [0, 0];
    TAKEN.forEach((kinds, i) => {
      const { known } = priorFor(GRID, kinds, 'raca');
      for (let k = 0; k < 12 * 98; k++) {
        if (!known[k % 98]) continue;
        const at = i * 12 * 98 + k;
        sum -= Math.log(expected[at] ? chances[at] : 1 - chances[at]);
        count++;
      }
    });
    expect(count).toBe(12 * 49 * 6);
    expect(loss).toBeCloseTo(sum / count, 4);
  });
});
