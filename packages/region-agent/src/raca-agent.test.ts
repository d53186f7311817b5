import '@tensorflow/tfjs-backend-cpu';
import { type AgentInput, type PatchGrid, Random } from '@raca/core';
import { checkRegionAgent, gradientError, largestError, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { advantagesOf } from './advantages';
import {
  meanEntropy,
  patchPolicy,
  priorFor,
  type RacaAgentConfig,
  type RacaAgentParts,
  racaAgent,
} from './index';
import { inputOf } from './test-input';

const D = 8;
const GRID: PatchGrid = { views: 2, rows: 5, cols: 5 };
const make = (config: RacaAgentConfig = {}, parts?: Partial<RacaAgentParts>, seed = 1) =>
  racaAgent({ width: D, hidden: 16, ...config }, new Random(seed), parts);
const drawn = (random: Random, b = 4, grid = GRID): AgentInput =>
  inputOf(randomTensor<tf.Rank.R3>([b, grid.views * grid.rows * grid.cols, D], random), grid);
/** The same with other patches. */
const withPatches = ({ features, views }: AgentInput, patches: tf.Tensor): AgentInput => ({
  features: { ...features, patches: patches as tf.Tensor3D },
  views,
});

/** Acts and learns `n` times on fresh random images; returns what `learn` said. */
function train(
  agent: ReturnType<typeof make>,
  n: number,
  random: Random,
  quality?: (masks: Float32Array) => number,
) {
  return Array.from({ length: n }, () => {
    const input = drawn(random);
    const episode = agent.act(input, random);
    const masks = episode.regions.masks.dataSync() as Float32Array;
    const size = masks.length / 4;
    const numbers = agent.learn(episode, {
      quality: Float32Array.from(
        { length: 4 },
        (_, i) => quality?.(masks.subarray(i * size, (i + 1) * size)) ?? 0,
      ),
    });
    episode.dispose();
    input.features.patches.dispose();
    return numbers;
  });
}

describe('racaAgent', () => {
  it.each(['patch', 'region'] as const)('satisfies the contract with credit by %s', (credit) => {
    const passed = checkRegionAgent(
      (width, _, random) => make({ width, credit }, undefined, random.int(99)),
      D,
      GRID,
    );
    expect(passed).toContain('act and learn leave no tensor');
  });

  it('learns the prior when agreement with it is all it earns', () => {
    const agent = make();
    const numbers = train(agent, 80, new Random(2));
    const mean = (xs: Record<string, number>[]): number => xs.reduce((a, x) => a + x.reward, 0) / xs.length;
    const [start, end] = [mean(numbers.slice(0, 5)), mean(numbers.slice(-5))];
    expect(start).toBeLessThan(0.5); // a coin: ½ outside, 0 inside
    expect(end).toBeGreaterThan(0.65);
  });

  it('starts from the prior when told to, and may leave it', () => {
    const agent = make({ priorLogit: 2, priorWeight: 0, qualityWeight: 1, actorRate: 5e-3 });
    const x = drawn(new Random(4));
    const prior = priorFor(GRID, ['frontal', 'lateral'], 'raca').masks;
    const { masks, probabilities } = agent.locate(x);
    expect(largestError(masks.dataSync().slice(0, prior.length), prior)).toBe(0);
    // σ(2) = 0.881 inside, 0.119 outside, but for the small first weights of the network
    const chances = [...probabilities.dataSync()].map((p, i) => (prior[i % prior.length] ? p : 1 - p));
    expect(Math.min(...chances)).toBeGreaterThan(0.7);
    expect(Math.max(...chances)).toBeLessThan(0.96);
    const heartsLeft = (of: Float32Array): number => of.subarray(2 * 50, 3 * 50).reduce((a, y) => a + y, 0);
    train(agent, 80, new Random(5), (own) => 1 - heartsLeft(own) / 50);
    const after = agent.locate(x).masks.dataSync() as Float32Array;
    expect(heartsLeft(after)).toBeLessThan(heartsLeft(prior));
  });

  it('follows a structure that moves, given a prior that does not', () => {
    // One patch vector marks the structure; its place is drawn anew for every image, the prior is its mean place.
    const grid: PatchGrid = { views: 1, rows: 5, cols: 5 };
    const random = new Random(3);
    const marked = (b: number) => {
      const truth = new Float32Array(b * 25);
      const values = Float32Array.from({ length: b * 25 * D }, () => 0.5 * random.normal());
      for (let i = 0; i < b; i++) {
        const [row, col] = [1 + random.int(3) - 1, 1 + random.int(3) - 1]; // top left corner of 3 × 3
        for (let y = 0; y < 3; y++) {
          for (let x = 0; x < 3; x++) {
            const at = i * 25 + (row + y) * 5 + col + x;
            truth[at] = 1;
            values[at * D] += 3;
          }
        }
      }
      return { input: inputOf(tf.tensor3d(values, [b, 25, D]), grid), truth };
    };
    const square = Float32Array.from({ length: 12 * 25 }, (_, i) => {
      const [row, col] = [Math.floor((i % 25) / 5), i % 5];
      return row > 0 && row < 4 && col > 0 && col < 4 ? 1 : 0;
    });
    const rewards = { chosen: square, left: square.map((inside) => 1 - 2 * inside) };
    const agent = make({ views: ['frontal'], positionJitter: 0.5 }, { rewards: () => rewards });
    for (let k = 0; k < 120; k++) {
      const { input } = marked(8);
      const episode = agent.act(input, random);
      agent.learn(episode, { quality: new Float32Array(8) });
      episode.dispose();
      input.features.patches.dispose();
    }
    const { input, truth } = marked(40);
    const masks = agent.locate(input).masks.arraySync();
    const iou = (mask: (i: number, j: number) => number): number => {
      let [both, either] = [0, 0];
      for (let i = 0; i < 40; i++) {
        for (let j = 0; j < 25; j++) {
          const [a, t] = [mask(i, j), truth[i * 25 + j]];
          both += a * t;
          either += Math.max(a, t);
        }
      }
      return both / either;
    };
    const own = iou((i, j) => masks[i][2][j]);
    const ofPrior = iou((_, j) => square[j]);
    expect(own).toBeGreaterThan(ofPrior + 0.1);
  });

  it.each(['patch', 'region'] as const)('raises report quality with credit by %s', (credit) => {
    // Quality: share of heart patches (region 2) left out, so the agent must unlearn them.
    const agent = make({
      priorWeight: 0,
      qualityWeight: 1,
      credit,
      actorRate: credit === 'patch' ? 2e-3 : 5e-3,
    });
    const numbers = train(agent, 60, new Random(5), (masks) => {
      const heart = masks.subarray(2 * 50, 3 * 50);
      return 1 - heart.reduce((a, x) => a + x, 0) / 50;
    });
    const mean = (xs: Record<string, number>[]): number => xs.reduce((a, x) => a + x.gain, 0) / xs.length;
    expect(mean(numbers.slice(-5))).toBeGreaterThan(mean(numbers.slice(0, 5)) + 0.1);
  });

  it('locates each image alone, in any order', () => {
    const agent = make();
    const x = drawn(new Random(4));
    const reversed = agent.locate(withPatches(x, tf.reverse(x.features.patches, 0)));
    const expected = tf.reverse(agent.locate(x).probabilities, 0).dataSync();
    expect(largestError(reversed.probabilities.dataSync(), expected)).toBeLessThan(1e-5);
  });

  it('sees each patch, not only their sum: without positions, exchanged patches exchange their masks', () => {
    const agent = make({ positions: false });
    const x = drawn(new Random(4));
    const turned = agent.locate(withPatches(x, tf.reverse(x.features.patches, 1)));
    const expected = tf.reverse(agent.locate(x).probabilities, 2).dataSync();
    expect(largestError(turned.probabilities.dataSync(), expected)).toBeLessThan(1e-5);
    const spread = tf.moments(agent.locate(x).probabilities, 2).variance.dataSync();
    expect(Math.min(...spread)).toBeGreaterThan(1e-4);
  });

  it('sends no gradient to the features', () => {
    const agent = make();
    const x = drawn(new Random(4));
    const gradient = tf.grad((patches: tf.Tensor) => {
      const input = withPatches(x, patches);
      const { masks, probabilities } = agent.locate(input);
      const episode = agent.act(input, new Random(5));
      const all = [masks, probabilities, episode.regions.masks, episode.regions.probabilities];
      return tf.addN([tf.sum(patches), ...all.map((y) => tf.sum(y))]);
    })(x.features.patches);
    expect(new Set(gradient.dataSync())).toEqual(new Set([1]));
  });

  it('works on other grids than it was trained on', () => {
    const agent = make();
    const grid = { views: 1, rows: 3, cols: 6 };
    expect(agent.locate(drawn(new Random(4), 2, grid)).masks.shape).toEqual([2, 12, 18]);
  });

  it('is the same for the same seeds and goes on from a saved state as if it had never stopped', () => {
    const [a, b] = [make({ priorHalfLife: 2 }), make({ priorHalfLife: 2 })];
    train(a, 2, new Random(6));
    train(b, 2, new Random(6));
    const values = (agent: typeof a) => [...agent.parameters].map(([name, v]) => [name, [...v.dataSync()]]);
    expect(values(a)).toEqual(values(b));
    const c = make({ priorHalfLife: 2 }, undefined, 77);
    for (const [name, v] of a.parameters) c.parameters.get(name)!.assign(v);
    c.loadTrainingState(a.trainingState());
    expect(c.priorWeight).toBe(0.5);
    train(a, 2, new Random(7));
    train(c, 2, new Random(7));
    expect(values(c)).toEqual(values(a));
  });

  it('names what does not fit', () => {
    const agent = make();
    const x = drawn(new Random(2));
    const wide = inputOf(tf.zeros([2, 50, 9]), GRID);
    expect(() => agent.locate(wide)).toThrow('patches must have width 8, got 9');
    expect(() => agent.locate(inputOf(x.features.patches, { ...GRID, views: 1 }))).toThrow(
      '1 × 5 × 5 has 25 patches, got 50',
    );
    const three = drawn(new Random(2), 1, { views: 3, rows: 2, cols: 2 });
    expect(() => agent.act(three, new Random(1))).toThrow('at most 2 views, got 3');
    const episode = agent.act(x, new Random(3));
    expect(() => agent.learn(episode, { quality: new Float32Array(5) })).toThrow(
      'quality of 4 samples, got 5',
    );
    expect(() =>
      agent.learn({ regions: episode.regions, dispose: () => {} }, { quality: new Float32Array(4) }),
    ).toThrow('its own act');
    expect(() => agent.loadTrainingState(new Map())).toThrow('"updates" must have 1 value, found none');
    expect(() => make({ widht: 4 } as RacaAgentConfig)).toThrow('widht');
  });
});

it('patchPolicy has the gradient of central differences', () => {
  const random = new Random(8);
  const policy = patchPolicy({ width: D, hidden: 6, views: 2, positions: true, positionJitter: 0.1 }, random);
  const input = policy.prepare(drawn(random).features, random);
  const loss = () =>
    tf.add(
      meanEntropy(policy.logits(input)),
      tf.mean(tf.square(tf.sub(policy.values(input), 1))),
    ) as tf.Scalar;
  expect(gradientError(loss, policy.parameters, random)).toBeLessThan(2e-2);
});

describe('advantagesOf', () => {
  const base = {
    actions: Float32Array.of(1, 0, 1, 0),
    probabilities: Float32Array.of(0.5, 0.25, 0.5, 0.25),
    values: new Float32Array(2),
    rewards: { chosen: Float32Array.of(1, 0), left: Float32Array.of(-1, 1) }, // inside, outside
    gains: Float32Array.of(0, 0),
    shape: [2, 1, 2] as const,
  };
  const options = { credit: 'patch' as const, priorWeight: 1, qualityWeight: 0.4, gamma: 0.5, lambda: 0.5 };

  it('by patch: own reward minus its expectation', () => {
    // Inside: 1 − (½·1 + ½·(−1)) = 1; outside: 1 − (¼·0 + ¾·1) = ¼
    const { advantages, meanReward } = advantagesOf({ ...base, options });
    expect([...advantages]).toEqual([1, 0.25, 1, 0.25]);
    expect(meanReward).toBe(1);
  });

  it('by region: one number a visit; the quality reaches earlier visits discounted', () => {
    const { advantages, returns } = advantagesOf({
      ...base,
      gains: Float32Array.of(1),
      shape: [1, 2, 2],
      rewards: { chosen: new Float32Array(4), left: new Float32Array(4) },
      options: { ...options, credit: 'region', qualityWeight: 2 },
    });
    expect([...returns]).toEqual([0.5, 2]); // λ-return of V = 0: γλ · 2, then 2
    const sd = 1.5 / Math.sqrt(2);
    expect(largestError(advantages, [-0.75 / (sd + 0.01), 0.75 / (sd + 0.01)])).toBeLessThan(1e-6);
  });

  it.each(['patch', 'region'] as const)('counts patches that are there only, by %s', (credit) => {
    const present = Float32Array.of(1, 0, 1, 1); // of sample 0, the second patch is not there
    const { advantages, returns, meanReward } = advantagesOf({
      ...base,
      present,
      options: { ...options, credit },
    });
    // sample 0 earns 1 inside; sample 1 earns 1 inside and 1 outside: 3 actions, and a mean of 1 a visit for both
    expect(meanReward).toBe(1);
    if (credit === 'patch') expect([...advantages]).toEqual([1, 0, 1, 0.25]);
    else expect([...returns]).toEqual([1, 1]);
  });

  it('an unknown view earns and teaches nothing', () => {
    const { masks, known } = priorFor({ views: 2, rows: 1, cols: 1 }, ['frontal'], 'raca');
    expect([...known]).toEqual([1, 0]);
    expect(masks.length).toBe(24);
    const left = Float32Array.of(-1, 0);
    const { advantages } = advantagesOf({
      ...base,
      rewards: { chosen: Float32Array.of(1, 0), left },
      options,
    });
    expect([...advantages]).toEqual([1, 0, 1, 0]);
  });
});
