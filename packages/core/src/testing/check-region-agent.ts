import * as tf from '@tensorflow/tfjs-core';
import { EVALUATION } from '../contracts/module';
import {
  type AgentEpisode,
  type DifferentiableRegionAgent,
  isDifferentiableAgent,
  isTrainableAgent,
  type RegionAgent,
  type RegionMasks,
  type TrainableRegionAgent,
} from '../contracts/region-agent';
import type { PatchFeatures, PatchGrid } from '../contracts/vision';
import { valueAndGradients } from '../optimizer/value-and-gradients';
import { Random } from '../random';
import { REGIONS } from '../regions';
import { randomTensor } from './numeric';
import { Suite } from './suite';

/**
 * Checks a {@link RegionAgent}: binary masks, probabilities in [0, 1], determinism, batched = single, leaks; and,
 * where it can be trained, that learning changes weights, keeps no tensor and resumes from its saved state; where its
 * masks carry a gradient, that they are 0 or 1 all the same and that the gradient reaches weights and no features.
 * @param make builds the agent for patches of width d on the grid
 * @returns the names of the checks passed
 */
export function checkRegionAgent(
  make: (d: number, grid: PatchGrid, random: Random) => RegionAgent,
  d = 8,
  grid: PatchGrid = { views: 2, rows: 7, cols: 7 },
): string[] {
  const random = new Random(14);
  const b = 3;
  const p = grid.views * grid.rows * grid.cols;
  const shape = [b, REGIONS.length, p];
  const agent = make(d, grid, random.split('weights'));
  const suite = new Suite('RegionAgent', agent);
  const features: PatchFeatures = { patches: randomTensor<tf.Rank.R3>([b, p, d], random), grid };

  const whole = agent.locate(features);
  suite.shape('masks [b, r, p]', whole.masks, shape);
  suite.shape('probabilities [b, r, p]', whole.probabilities, shape);
  const values = whole.probabilities.dataSync();
  suite.check(
    'masks are 0 or 1',
    whole.masks.dataSync().every((x) => x === 0 || x === 1),
  );
  suite.check(
    'probabilities lie in [0, 1]',
    values.every((x) => x >= 0 && x <= 1),
  );
  const again = agent.locate(features);
  suite.equal('same input, same masks', again.masks, whole.masks, 0);
  tf.dispose([again.masks, again.probabilities]);
  const rows = Array.from({ length: b }, (_, i) => {
    const patches = tf.slice(features.patches, i, 1);
    const one = agent.locate({ patches, grid });
    patches.dispose();
    return one;
  });
  const joined = tf.concat(
    rows.map((m) => m.probabilities),
    0,
  );
  suite.equal('batched = single', joined, whole.probabilities, 1e-4);
  tf.dispose([joined, ...rows.flatMap(tensorsOf), ...tensorsOf(whole)]);
  suite.noLeak('locate leaves no tensor', () => tensorsOf(agent.locate(features)));

  if (isTrainableAgent(agent)) {
    const feedback = {
      quality: Float32Array.from({ length: b }, () => random.next()),
      baseline: new Float32Array(b),
    };
    const learn = (): Record<string, number> => {
      const episode = actInTidy(agent, features, random);
      const numbers = agent.learn(episode, feedback);
      episode.dispose();
      return numbers;
    };
    const before = weightsOf(agent);
    const numbers = learn();
    suite.check(
      'learn returns finite numbers',
      Object.values(numbers).every(Number.isFinite),
      JSON.stringify(numbers),
    );
    suite.check(
      'learn changes weights',
      weightsOf(agent).some((w, i) => w !== before[i]),
    );
    suite.noLeak('act and learn leave no tensor', () => {
      learn();
    });
    const state = agent.trainingState();
    agent.loadTrainingState(state);
    const kept = [...agent.trainingState()].every(([name, x]) =>
      x.every((y, i) => y === state.get(name)![i]),
    );
    suite.check('training state comes back', kept);
  }
  if (isDifferentiableAgent(agent)) checkRelaxed(agent, features, random, suite);
  features.patches.dispose();
  return suite.finish();
}

function checkRelaxed(
  agent: DifferentiableRegionAgent,
  features: PatchFeatures,
  random: Random,
  suite: Suite,
): void {
  const target = randomTensor<tf.Rank.R3>([features.patches.shape[0], REGIONS.length, 1], random);
  const seed = random.split('relax');
  const sampled = (x: PatchFeatures) => agent.relax(x, { training: true, random: seed.split('masks') });
  tf.tidy(() => {
    const { masks, losses } = sampled(features);
    suite.check(
      'relaxed masks are 0 or 1',
      masks.dataSync().every((x) => x === 0 || x === 1),
    );
    for (const [name, loss] of Object.entries(losses)) suite.shape(`loss ${name}`, loss, []);
    suite.equal('the same stream draws the same masks', sampled(features).masks, masks, 0);
    const still = agent.relax(features, EVALUATION).masks;
    suite.equal('without training they are those of locate', still, agent.locate(features).masks, 0);
  });
  const loss = (x: PatchFeatures): tf.Scalar => tf.sum(tf.mul(sampled(x).masks, target)) as tf.Scalar;
  tf.tidy(() => {
    const { gradients } = valueAndGradients(() => loss(features), agent.parameters);
    const moved = [...gradients.values()].filter((g) => g.dataSync().some((x) => x !== 0)).length;
    suite.check('the masks have a gradient', moved > 0);
    const variable = tf.variable(features.patches);
    const patches = new Map([['patches', variable]]);
    const back = valueAndGradients(
      () =>
        tf.add(loss({ ...features, patches: tf.mul(variable, 1) }), tf.mul(tf.sum(variable), 0)) as tf.Scalar,
      patches,
    );
    variable.dispose();
    suite.check(
      'no gradient reaches the features',
      back.gradients
        .get('patches')!
        .dataSync()
        .every((x) => x === 0),
    );
  });
  suite.noLeak('relaxing leaves no tensor', () => tf.tidy(() => loss(features)));
}

/** As in training: what the episode needs must outlive the scope. */
function actInTidy(agent: TrainableRegionAgent, features: PatchFeatures, random: Random): AgentEpisode {
  let episode: AgentEpisode | undefined;
  tf.tidy(() => {
    episode = agent.act(features, random);
  });
  return episode!;
}

const tensorsOf = (m: RegionMasks): tf.Tensor[] => [m.masks, m.probabilities];

const weightsOf = (agent: RegionAgent): number[] =>
  [...agent.parameters.values()].flatMap((v) => Array.from(v.dataSync()));
