import '@tensorflow/tfjs-backend-cpu';
import {
  type AgentInput,
  type PatchGrid,
  Random,
  REGIONS,
  unknownViews,
  type Views,
  type VisionBackbone,
} from '@raca/core';
import { checkRegionAgent, gradientError, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inputOf } from '../test-input';
import { adaptiveAgent } from './adaptive-agent';
import { type Affine, affineOf, IDENTITY, inverse, STRAIGHT } from './affine';
import { atlasOf } from './atlas';
import { bodyOf } from './body';
import type { AdaptiveAgentConfig } from './config';
import { SIDE as CHEST_SIDE, type Chest, drawnChest, iou } from './drawn-chest';
import { EyesPolicy } from './eyes-policy';
import { outlined } from './outline';

const SIDE = 28;
const GRID: PatchGrid = { views: 1, rows: 7, cols: 7 };
const R = REGIONS.length;

/** How finely the eyes below tell colours apart. */
const STEPS = 9;

/** Eyes without weights: soft bins of red times soft bins of green of each patch. */
const colours: VisionBackbone = {
  width: STEPS ** 2,
  frozen: true,
  info: { package: 'test', version: '0', name: 'colours', config: {} },
  parameters: new Map(),
  dispose: () => {},
  extract: (images) =>
    tf.tidy(() => {
      const [b, v, h] = images.shape;
      const maps = tf.avgPool(tf.reshape(images, [b * v, h, h, 3]) as tf.Tensor4D, h / 7, h / 7, 'valid');
      const [red, green] = tf
        .split(tf.reshape(maps, [b * v * 49, 3]), 3, 1)
        .map((x) => tf.exp(tf.mul(-12, tf.square(tf.sub(x, tf.linspace(-1.2, 1.2, STEPS))))));
      const both = tf.matMul(tf.reshape(red, [-1, STEPS, 1]), tf.reshape(green, [-1, 1, STEPS]));
      const patches = tf.reshape(both, [b, v * 49, STEPS ** 2]) as tf.Tensor3D;
      return { patches, grid: { views: v, rows: 7, cols: 7 } } as never;
    }) as never,
};

/** Patients painted with their own coordinates: red across, green down; black beyond the view. */
function painted(maps: readonly Affine[]): tf.Tensor5D {
  const values = maps.flatMap((map) => {
    const [a, b, c, d, e, f] = inverse(map);
    return Array.from({ length: SIDE * SIDE }, (_, i) => {
      const [x, y] = [((i % SIDE) + 0.5) / SIDE - 0.5, (Math.floor(i / SIDE) + 0.5) / SIDE - 0.5];
      return [2 * (a * x + b * y + c), 2 * (d * x + e * y + f), 0];
    }).flat();
  });
  return tf.tensor5d(values, [maps.length, 1, SIDE, SIDE, 3]);
}

const inputFrom = (images: tf.Tensor5D): AgentInput =>
  inputOf(colours.extract(images, { training: false }).patches, GRID, images);

const viewsOf = (images: tf.Tensor5D): Views => ({
  input: { images },
  kinds: unknownViews(images.shape[0], images.shape[1]),
});

/** Colours are coordinates here: practice must not change them. */
const STEADY = { contrast: 0, brightness: 0 };

const make = (config: AdaptiveAgentConfig = {}, eyes: VisionBackbone | null = colours, seed = 1) =>
  adaptiveAgent(
    { width: STEPS ** 2, hidden: 16, views: ['frontal'], actorRate: 1e-2, practice: STEADY, ...config },
    new Random(seed),
    eyes,
  );

const moved = (random: Random): Affine =>
  affineOf({ ...STRAIGHT, dx: random.uniform(-0.15, 0.15), dy: random.uniform(-0.15, 0.15) });

/** IoU of heart and lungs, over all patches of all images. */
function overlap(masks: (i: number) => ArrayLike<number>, maps: readonly Affine[]): number {
  let [both, either] = [0, 0];
  maps.forEach((map, i) => {
    const truth = atlasOf('frontal')!.masks(map, 7, 7);
    for (const r of [0, 2]) {
      for (let p = 0; p < 49; p++) {
        const [a, t] = [masks(i)[r * 49 + p], truth[r * 49 + p]];
        both += a * t;
        either += Math.max(a, t);
      }
    }
  });
  return both / either;
}

function tested(agent: ReturnType<typeof make>): { own: number; prior: number } {
  const random = new Random(77);
  const maps = Array.from({ length: 12 }, () => moved(random));
  const masks = agent.locate(inputFrom(painted(maps))).masks.dataSync();
  const straight = atlasOf('frontal')!.masks(IDENTITY, 7, 7);
  return {
    own: overlap((i) => masks.subarray(i * R * 49, (i + 1) * R * 49), maps),
    prior: overlap(() => straight, maps),
  };
}

describe('adaptiveAgent', () => {
  it.each(['ppo', 'direct'] as const)('satisfies the contract without eyes, %s', (learning) => {
    const passed = checkRegionAgent(
      (width, grid, random) =>
        adaptiveAgent(
          { width, hidden: 8, learning, registerAfter: 1, views: Array(grid.views).fill('frontal') },
          random,
        ),
      6,
      { views: 2, rows: 4, cols: 4 },
    );
    expect(passed).toContain('act and learn leave no tensor');
  });

  it.each([
    { learning: 'ppo' },
    { learning: 'direct', practice: { margins: 'empty' } },
    { equalise: true, outline: true, sharpen: 'both' },
  ] as const)('satisfies the contract with eyes, %o', (config) => {
    const passed = checkRegionAgent(
      (_, grid, random) =>
        adaptiveAgent(
          { hidden: 8, registerAfter: 0, views: Array(grid.views).fill('frontal'), ...config },
          random,
          colours,
        ),
      6,
    );
    expect(passed).toContain('learning counts present patches only');
  });

  it('practises on the views that are there as if there were no others', () => {
    const random = new Random(2);
    const one = painted([IDENTITY, moved(random), moved(random)]);
    const two = tf.concat([one, tf.fill(one.shape, 7)], 1) as tf.Tensor5D;
    const grid = { ...GRID, views: 2 };
    const [a, b] = [0, 1].map(() => make({ views: ['frontal', 'lateral'], registerAfter: 0 }));
    const kinds = unknownViews(3, 1).map((row) => [...row, null]);
    const masked = a.practise({ input: { images: two }, kinds }, grid, new Random(5));
    expect(masked).toEqual(b.practise(viewsOf(one), GRID, new Random(5)));
  });

  it('follows patients of whom it has seen straight ones only', () => {
    const agent = make({ registerAfter: null });
    const random = new Random(3);
    const images = painted(Array(6).fill(IDENTITY));
    for (let k = 0; k < 40; k++) agent.practise(viewsOf(images), GRID, random.split(k));
    const { own, prior } = tested(agent);
    expect(own).toBeGreaterThan(prior + 0.15);
  });

  it('learns from patients who stand anyhow, by registration', () => {
    const run = (registerAfter: number | null): { own: number; prior: number } => {
      const agent = make({ registerAfter });
      const random = new Random(3);
      for (let k = 0; k < 50; k++) {
        const images = painted(Array.from({ length: 6 }, () => moved(random)));
        agent.practise(viewsOf(images), GRID, random.split(k));
        images.dispose();
      }
      return tested(agent);
    };
    const { own, prior } = run(20);
    expect(own).toBeGreaterThan(prior + 0.1);
    expect(own).toBeGreaterThan(run(null).own + 0.02);
  });

  it('practises within an episode, and leaves no tensor', () => {
    const agent = make({ registerAfter: 0 });
    const images = painted([IDENTITY, IDENTITY]);
    const learn = (): Record<string, number> => {
      const episode = agent.act(inputFrom(images), new Random(4));
      const numbers = agent.learn(episode, { quality: Float32Array.of(0.1, 0.3) });
      episode.dispose();
      return numbers;
    };
    tf.tidy(() => {
      learn();
    });
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      expect(Object.values(learn()).every(Number.isFinite)).toBe(true);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  const chest: Chest = { y: 0.5, apart: 0.22, high: 0.22, wide: 0.12 };
  /** An X-ray of a made-up chest as a device with this exponent shows it; its height in the image is the second channel. */
  const xray = (gamma = 1): tf.Tensor5D => {
    const values = [...drawnChest(chest, false)].flatMap((x, i) => [
      (x / 120) ** gamma - 1,
      (2 * Math.floor(i / CHEST_SIDE)) / CHEST_SIDE - 1,
      0,
    ]);
    return tf.tensor5d(values, [1, 1, CHEST_SIDE, CHEST_SIDE, 3]);
  };
  const lungs = (agent: ReturnType<typeof make>, image: tf.Tensor5D): Float32Array =>
    (agent.locate(inputFrom(image)).probabilities.dataSync() as Float32Array).slice(0, 49);

  it('learns the lungs that an image shows from their outline', () => {
    const still = { shift: 0, scaleOut: 0, scaleIn: 0, stretch: 0, turn: 0, ...STEADY };
    const image = xray();
    const found = [true, false].map((outline) => {
      const agent = make({
        outline,
        registerAfter: null,
        learning: 'direct',
        practice: still,
        actorRate: 3e-2,
      });
      for (let step = 0; step < 30; step++) agent.practise(viewsOf(image), GRID, new Random(step));
      return lungs(agent, image).map((x) => (x >= 0.5 ? 1 : 0));
    });
    const values = drawnChest(chest, false);
    const body = bodyOf({ height: CHEST_SIDE, width: CHEST_SIDE, channels: 1, values });
    const shown = outlined(body).masks(IDENTITY, 7, 7).subarray(0, 49);
    expect(iou(found[0], shown)).toBeGreaterThan(0.8);
    expect(iou(found[0], shown)).toBeGreaterThan(iou(found[1], shown) + 0.1);
  });

  it('sees X-rays of devices with other grays alike, by ranks', () => {
    const most = (agent: ReturnType<typeof make>): number => {
      const other = lungs(agent, xray(1.5));
      return Math.max(...lungs(agent, xray()).map((x, p) => Math.abs(x - other[p])));
    };
    expect(most(make({ equalise: true }))).toBeLessThan(0.002);
    expect(most(make())).toBeGreaterThan(0.02);
  });

  it('leaves no tensor with ranks and outlines', () => {
    const agent = make({ equalise: true, outline: true });
    const images = xray();
    const input = inputFrom(images);
    const round = (): void => {
      agent.practise(viewsOf(images), GRID, new Random(1));
      const found = agent.locate(input);
      tf.dispose([found.masks, found.probabilities]);
      const episode = agent.act(input, new Random(2));
      agent.learn(episode, { quality: Float32Array.of(1) });
      episode.dispose();
    };
    round();
    const before = tf.memory().numTensors;
    round();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('raises report quality', () => {
    // Quality: share of heart patches left out; nothing else is paid.
    const agent = make({ priorWeight: 0, qualityWeight: 1, practice: null, entropyWeight: 0.01 });
    const images = painted(Array(6).fill(IDENTITY));
    const heart = (masks: ArrayLike<number>, i: number): number => {
      let sum = 0;
      for (let p = 0; p < 49; p++) sum += masks[(i * R + 2) * 49 + p];
      return sum / 49;
    };
    const gains = Array.from({ length: 60 }, (_, k) => {
      const episode = agent.act(inputFrom(images), new Random(k));
      const masks = episode.regions.masks.dataSync();
      const { gain } = agent.learn(episode, {
        quality: Float32Array.from({ length: 6 }, (_, i) => 1 - heart(masks, i)),
      });
      episode.dispose();
      return gain;
    });
    const mean = (xs: number[]): number => xs.reduce((a, x) => a + x, 0) / xs.length;
    expect(mean(gains.slice(-5))).toBeGreaterThan(mean(gains.slice(0, 5)) + 0.1);
  });

  it('goes on from a saved state as if it had never stopped', () => {
    const images = painted([IDENTITY, moved(new Random(1)), moved(new Random(2))]);
    const practise = (agent: ReturnType<typeof make>, from: number, to: number): void => {
      for (let k = from; k < to; k++) agent.practise(viewsOf(images), GRID, new Random(k));
    };
    const [a, b] = [
      make({ registerAfter: 1, rateHalfLife: 3 }),
      make({ registerAfter: 1, rateHalfLife: 3 }, colours, 9),
    ];
    practise(a, 0, 2);
    for (const [name, v] of a.parameters) b.parameters.get(name)!.assign(v);
    b.loadTrainingState(a.trainingState());
    practise(a, 2, 4);
    practise(b, 2, 4);
    const values = (agent: typeof a) => [...agent.parameters].map(([name, v]) => [name, [...v.dataSync()]]);
    expect(values(b)).toEqual(values(a));
    expect([...b.trainingState().get('poses')!]).toEqual([...a.trainingState().get('poses')!]);
  });

  it('names what does not fit', () => {
    const agent = make();
    const images = painted([IDENTITY]);
    const { patches } = inputFrom(images).features;
    expect(() => agent.locate(inputOf(patches, GRID))).toThrow('needs images, found stored features only');
    expect(() => make({}, null).practise(viewsOf(images), GRID, new Random(1))).toThrow(
      'practice needs eyes',
    );
    expect(() => agent.loadTrainingState(new Map([['updates', Float32Array.of(1)]]))).toThrow(
      '"poses" must have 5',
    );
    expect(() => make({ shift: 1 } as AdaptiveAgentConfig)).toThrow('shift');
  });
});

it('EyesPolicy has the gradient of central differences, each view with its own regions', () => {
  const random = new Random(8);
  const policy = new EyesPolicy({ width: 5, hidden: 4, regions: R, views: 2 }, random, null);
  const input = randomTensor<tf.Rank.R3>([2, 8, 5], random);
  const logits = (): tf.Tensor2D => policy.logits({ input, views: 2, patches: 4 });
  const loss = (): tf.Scalar => tf.mean(tf.square(tf.sub(logits(), 1))) as tf.Scalar;
  expect(gradientError(loss, policy.parameters, random)).toBeLessThan(2e-2);
  // the bias of view 1's first region moves the first column of view 1's patches only
  const before = logits().arraySync();
  const bias = policy.parameters.get('actor.regions.bias')!;
  bias.assign(tf.add(bias, tf.oneHot(R, 2 * R)));
  const change = logits()
    .arraySync()
    .map((row, i) => row.map((x, r) => Math.round(x - before[i][r])));
  change.forEach((row, i) => {
    expect(row).toEqual(
      Array.from({ length: R }, (_, r) => (r === 0 && Math.floor(i / 4) % 2 === 1 ? 1 : 0)),
    );
  });
});
