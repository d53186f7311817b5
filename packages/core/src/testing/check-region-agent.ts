import * as tf from '@tensorflow/tfjs-core';
import { EVALUATION } from '../contracts/module';
import {
  type AgentEpisode,
  type AgentInput,
  type DifferentiableRegionAgent,
  isDifferentiableAgent,
  isTrainableAgent,
  type RegionAgent,
  type RegionMasks,
  type TrainableRegionAgent,
} from '../contracts/region-agent';
import type { PatchGrid } from '../contracts/vision';
import { valueAndGradients } from '../optimizer/value-and-gradients';
import { Random } from '../random';
import { REGIONS } from '../regions';
import { disposeInput, oneStudy, randomInput, shownTo } from './agent-inputs';
import { checkAgentPresence } from './check-agent-presence';
import { randomTensor } from './numeric';
import { Suite } from './suite';

/** What {@link checkRegionAgent} must know of an agent. */
export interface RegionAgentCheckOptions {
  /** How many regions it finds, r. */
  readonly regions?: number;
  /** Whether it works on grids with fewer views than the one it is made for. */
  readonly fewerViews?: boolean;
}

/** Builds the agent for patches of width d on the grid; the same weights from the same stream. */
export type MakeAgent = (d: number, grid: PatchGrid, random: Random) => RegionAgent;

/**
 * Checks a {@link RegionAgent}: binary masks, probabilities in [0, 1], determinism, batched = single, leaks, and that
 * patches which are not there count nowhere; where it can be trained, that learning changes weights, keeps no tensor and
 * resumes from its saved state; where its masks carry a gradient, that they are 0 or 1 all the same and that the gradient
 * reaches weights and no features.
 * @returns the names of the checks passed
 * @throws Error at the first check that fails
 */
export function checkRegionAgent(
  make: MakeAgent,
  d = 8,
  grid: PatchGrid = { views: 2, rows: 7, cols: 7 },
  { regions = REGIONS.length, fewerViews = true }: RegionAgentCheckOptions = {},
): string[] {
  const random = new Random(14);
  const b = 3;
  const p = grid.views * grid.rows * grid.cols;
  const shape = [b, regions, p];
  const agent = make(d, grid, random.split('weights'));
  const suite = new Suite('RegionAgent', agent);
  const all = randomInput(b, d, grid, random);
  const input = shownTo(agent, all);

  const whole = agent.locate(input);
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
  const again = agent.locate(input);
  suite.equal('same input, same masks', again.masks, whole.masks, 0);
  tf.dispose([again.masks, again.probabilities]);
  tf.tidy(() => {
    const rows = Array.from({ length: b }, (_, i) => agent.locate(shownTo(agent, oneStudy(all, i))));
    const joined = tf.concat(
      rows.map((m) => m.probabilities),
      0,
    );
    suite.equal('batched = single', joined, whole.probabilities, 1e-4);
  });
  tf.dispose(tensorsOf(whole));
  suite.noLeak('locate leaves no tensor', () => tensorsOf(agent.locate(input)));

  if (isTrainableAgent(agent)) {
    const feedback = {
      quality: Float32Array.from({ length: b }, () => random.next()),
      baseline: new Float32Array(b),
    };
    const learn = (): Record<string, number> => {
      const episode = actInTidy(agent, input, random);
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
  if (isDifferentiableAgent(agent)) checkRelaxed(agent, input, regions, random, suite);
  if (grid.views > 1) {
    checkAgentPresence(() => make(d, grid, random.split('weights')), all, { fewerViews }, suite);
  }
  disposeInput(all);
  return suite.finish();
}

function checkRelaxed(
  agent: DifferentiableRegionAgent,
  input: AgentInput,
  r: number,
  random: Random,
  suite: Suite,
): void {
  const { patches } = input.features;
  const target = randomTensor<tf.Rank.R3>([patches.shape[0], r, 1], random);
  const seed = random.split('relax');
  const sampled = (x: AgentInput) => agent.relax(x, { training: true, random: seed.split('masks') });
  tf.tidy(() => {
    const { masks, losses } = sampled(input);
    suite.check(
      'relaxed masks are 0 or 1',
      masks.dataSync().every((x) => x === 0 || x === 1),
    );
    for (const [name, loss] of Object.entries(losses)) suite.shape(`loss ${name}`, loss, []);
    suite.equal('the same stream draws the same masks', sampled(input).masks, masks, 0);
    const still = agent.relax(input, EVALUATION).masks;
    suite.equal('without training they are those of locate', still, agent.locate(input).masks, 0);
  });
  const loss = (x: AgentInput): tf.Scalar => tf.sum(tf.mul(sampled(x).masks, target)) as tf.Scalar;
  tf.tidy(() => {
    const { gradients } = valueAndGradients(() => loss(input), agent.parameters);
    const moved = [...gradients.values()].filter((g) => g.dataSync().some((x) => x !== 0)).length;
    suite.check('the masks have a gradient', moved > 0);
    const variable = tf.variable(patches);
    const back = valueAndGradients(
      () => {
        const features = { ...input.features, patches: tf.mul(variable, 1) as tf.Tensor3D };
        return tf.add(loss({ ...input, features }), tf.mul(tf.sum(variable), 0)) as tf.Scalar;
      },
      new Map([['patches', variable]]),
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
  suite.noLeak('relaxing leaves no tensor', () => tf.tidy(() => loss(input)));
}

/** As in training: what the episode needs must outlive the scope. */
function actInTidy(agent: TrainableRegionAgent, input: AgentInput, random: Random): AgentEpisode {
  let episode: AgentEpisode | undefined;
  tf.tidy(() => {
    episode = agent.act(input, random);
  });
  return episode!;
}

const tensorsOf = (m: RegionMasks): tf.Tensor[] => [m.masks, m.probabilities];

const weightsOf = (agent: RegionAgent): number[] =>
  [...agent.parameters.values()].flatMap((v) => Array.from(v.dataSync()));
