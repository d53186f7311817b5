import '@tensorflow/tfjs-backend-cpu';
import { type AgentInput, type PatchGrid, presentPatches, Random } from '@raca/core';
import { checkRegionAgent, largestError, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from './golden-case';
import {
  priorFor,
  priorRewards,
  publishedAgent,
  publishedName,
  publishedPrior,
  rewardsAsPublished,
  rewardsOfOwnAction,
} from './index';
import { composedRewards } from './rewards';
import { inputOf } from './test-input';

describe.each([
  ['raca-iu', 2],
  ['raca-mimic', 1],
] as const)('golden %s (skipped where ../shared/golden is absent)', (name, views) => {
  const skip = !hasGolden(name);
  const grid: PatchGrid = { views, rows: 7, cols: 7 };
  const open = () => new GoldenCase(name, ['io', 'weights']);

  it.skipIf(skip)('prior', () => {
    expect([...publishedPrior(views)]).toEqual([...open().values('organ_prior')]);
    expect([...priorFor(grid, [], 'published').masks]).toEqual([...open().values('organ_prior')]);
  });

  it.skipIf(skip)('states, actions and both rewards', () => {
    const golden = open();
    const agent = publishedAgent({ views, hidden: golden.config.hidden }, new Random(1));
    golden.load(agent.parameters);
    const input = inputOf(golden.tensor('encoder_out'), grid);
    const visits = agent.visit(input.features, (p) => (p > 0.5 ? 1 : 0));
    expect(largestError(visits.states, golden.values('states'))).toBeLessThan(1e-5);
    expect([...visits.actions]).toEqual([...golden.values('actions')]);
    expect([...agent.locate(input).masks.dataSync()]).toEqual([...golden.values('actions')]);
    const rewards = priorRewards(golden.values('organ_prior'));
    expect([...rewardsOfOwnAction(visits.actions, rewards, 12)]).toEqual([
      ...golden.values('rewards_of_own_action'),
    ]);
    expect([...rewardsAsPublished(visits.actions, rewards, 12)]).toEqual([
      ...golden.values('rewards_as_published'),
    ]);
    agent.dispose();
  });
});

describe('rewards of patches that are not there', () => {
  it('are none, by hand', () => {
    // two samples, two regions, two patches; the prior: region 0 on both, region 1 on the first
    const rewards = priorRewards(Float32Array.of(1, 1, 1, 0));
    const actions = Float32Array.of(1, 0, 1, 0, 1, 1, 1, 1);
    const present = Float32Array.of(1, 0, 1, 1);
    // region 0: +1 (sample 0, patch 0), +1 +1 (sample 1); region 1: +1, then +1 and 0
    expect([...rewardsOfOwnAction(actions, rewards, 2, present)]).toEqual([3, 2]);
    // with sample 0's second patch: −1 for region 0, +1 for region 1
    expect([...rewardsOfOwnAction(actions, rewards, 2)]).toEqual([2, 3]);
    // region 0 paid for choosing nothing: −1 at each of 3 patches; region 1 for region 0's: +1, then +1 and 0
    expect([...rewardsAsPublished(actions, rewards, 2, present)]).toEqual([-3, 2]);
  });
});

describe('composedRewards', () => {
  it('matches values worked by hand', () => {
    // z of [1, 2, 3] = [−1, 0, 1], range 2; ln(1 + Σ) = 1, so α · 1/2 is added
    expect(
      largestError(composedRewards(Float32Array.of(1, 2, 3), Math.E - 1, 0.4), [-0.8, 0.2, 1.2]),
    ).toBeLessThan(1e-6);
  });

  it('clips scores at ±2 and the bonus at 2', () => {
    const spread = composedRewards(Float32Array.of(0, 0, 0, 0, 0, 0, 0, 100), 0, 0.4);
    expect(spread[7]).toBe(2); // z would be 7/√8 = 2.47
    const bonus = composedRewards(Float32Array.of(1, 2, 3), Math.exp(9), 0.4);
    expect(bonus[1]).toBeCloseTo(0.8, 6);
  });
});

const drawn = (random: Random, grid: PatchGrid): AgentInput =>
  inputOf(randomTensor<tf.Rank.R3>([4, grid.views * 49, 5], random), grid);

describe('publishedAgent', () => {
  const grid: PatchGrid = { views: 2, rows: 7, cols: 7 };
  const make = (seed = 1) => publishedAgent({ hidden: 6 }, new Random(seed));

  it.each([1, 2])('satisfies the contract with %i views', (views) => {
    const passed = checkRegionAgent(
      (_, g, random) => publishedAgent({ views: g.views, hidden: 6 }, random),
      8,
      { views, rows: 7, cols: 7 },
      { fewerViews: false },
    );
    expect(passed).toContain('act and learn leave no tensor');
  });

  it('learns nothing of patches that are in no study', () => {
    const agent = make();
    const { features, views } = drawn(new Random(2), grid);
    const kinds = features.kinds.map(([first]) => [first, null]);
    const present = presentPatches(kinds, grid);
    const bias = () => [...agent.parameters.get('actor.outer.bias')!.dataSync()];
    const before = bias();
    const episode = agent.act({ features: { ...features, kinds, present }, views }, new Random(3));
    agent.learn(episode, { quality: Float32Array.of(0.1, 0.2, 0.3, 0.4) });
    episode.dispose();
    const moved = bias().map((x, i) => x !== before[i]);
    expect(moved.slice(49)).toEqual(Array(49).fill(false));
    expect(moved.slice(0, 49)).toContain(true);
  });

  it('has the published sizes by default', () => {
    const sizes = (views: number) =>
      [...publishedAgent({ views }, new Random(1)).parameters].map(([name, v]) => [
        publishedName(name).name,
        v.shape,
      ]);
    const common = (p: number) => [
      ['agent1.actor.0.weight', [256, 128]],
      ['agent1.actor.0.bias', [128]],
      ['agent1.actor.2.weight', [128, p]],
      ['agent1.actor.2.bias', [p]],
      ['agent1.critic.0.weight', [256, 128]],
      ['agent1.critic.0.bias', [128]],
      ['agent1.critic.2.weight', [128, 1]],
      ['agent1.critic.2.bias', [1]],
    ];
    expect(sizes(2)).toEqual([['model.organs_embedding.lut.weight', [12, 60]], ...common(98)]);
    expect(sizes(1)).toEqual([['model.organs_embedding.lut.weight', [12, 158]], ...common(49)]);
    expect(() => publishedName('actor.weight')).toThrow('actor.weight');
  });

  it('moves actor and critic by their own rates, never the region embeddings', () => {
    const agent = make();
    const values = () => new Map([...agent.parameters].map(([name, v]) => [name, v.dataSync().slice()]));
    const before = values();
    const episode = agent.act(drawn(new Random(2), grid), new Random(3));
    agent.learn(episode, { quality: Float32Array.of(0.1, 0.2, 0.3, 0.4) });
    episode.dispose();
    for (const [name, now] of values()) {
      // Adam's first step is ± the rate wherever there is a gradient
      const moved = Math.max(...now.map((x, i) => Math.abs(x - before.get(name)![i])));
      if (name.startsWith('embedding')) expect(moved).toBe(0);
      else if (name.startsWith('actor')) expect(moved / 1e-6).toBeCloseTo(1, 0);
      else expect(moved / 1e-4).toBeCloseTo(1, 2);
    }
  });

  it('samples by the generator given, with the frequencies of its probabilities', () => {
    const agent = make();
    const x = drawn(new Random(2), grid);
    const masks = (seed: number) => [...agent.act(x, new Random(seed)).regions.masks.dataSync()];
    expect(masks(5)).toEqual(masks(5));
    expect(masks(5)).not.toEqual(masks(6));
    const { regions } = agent.act(x, new Random(7));
    const mean = (t: tf.Tensor) => tf.mean(t).dataSync()[0];
    expect(mean(regions.masks)).toBeCloseTo(mean(regions.probabilities), 1); // 4704 draws: sd 0.007
  });

  it('goes on from a saved state as if it had never stopped', () => {
    const x = drawn(new Random(2), grid);
    const quality = Float32Array.of(0.1, 0.2, 0.3, 0.4);
    const step = (agent: ReturnType<typeof make>, seed: number): void => {
      const episode = agent.act(x, new Random(seed));
      agent.learn(episode, { quality });
      episode.dispose();
    };
    const [whole, second] = [make(), make()];
    step(whole, 1);
    for (const [name, v] of whole.parameters) second.parameters.get(name)!.assign(v);
    second.loadTrainingState(whole.trainingState());
    step(whole, 2);
    step(second, 2);
    for (const [name, v] of whole.parameters) {
      expect([...second.parameters.get(name)!.dataSync()], name).toEqual([...v.dataSync()]);
    }
  });

  it('names what does not fit', () => {
    const agent = make();
    const x = drawn(new Random(2), { views: 1, rows: 7, cols: 7 });
    expect(() => agent.locate(x)).toThrow('the grid must be 2 × 7 × 7, got 1 × 7 × 7');
    expect(() => agent.locate(inputOf(x.features.patches, grid))).toThrow('2 × 7 × 7 has 98 patches, got 49');
    const episode = agent.act(drawn(new Random(2), grid), new Random(3));
    expect(() => agent.learn(episode, { quality: new Float32Array(3) })).toThrow(
      'quality of 4 samples, got 3',
    );
    const foreign = { regions: episode.regions, dispose: () => {} };
    expect(() => agent.learn(foreign, { quality: new Float32Array(4) })).toThrow('its own act');
    expect(() => agent.loadTrainingState(new Map())).toThrow('actor.inner.weight/first');
    expect(() => publishedAgent({ views: 3 }, new Random(1))).toThrow();
  });
});
