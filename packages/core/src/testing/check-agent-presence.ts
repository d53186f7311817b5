import * as tf from '@tensorflow/tfjs-core';
import {
  type AgentInput,
  type DifferentiableRegionAgent,
  isDifferentiableAgent,
  isTrainableAgent,
  type RegionAgent,
  type TrainableRegionAgent,
} from '../contracts/region-agent';
import { valueAndGradients } from '../optimizer/value-and-gradients';
import { Random } from '../random';
import { shownTo, withEmptySlots, withoutLastSlot } from './agent-inputs';
import { leakedTensors } from './numeric';
import type { Suite } from './suite';

/** What may stand where no patch is. */
const FILLER = 1e3;

/**
 * Patches that are not there count nowhere: nothing is found there, and masks, learning and gradients are those of studies
 * that never had the slot.
 *
 * @param make builds the agent anew, with the same weights each time
 * @param input studies with at least two views, all there
 */
export function checkAgentPresence(
  make: () => RegionAgent,
  input: AgentInput,
  { fewerViews }: { readonly fewerViews: boolean },
  suite: Suite,
): void {
  const agent = make();
  const b = input.features.patches.shape[0];
  const [none, some] = [new Array(b).fill(true), Array.from({ length: b }, (_, i) => i === 0)];
  const locate = (x: AgentInput) => agent.locate(shownTo(agent, x));
  const first = (x: tf.Tensor, studies = b): tf.Tensor => tf.slice(x, 0, studies);
  const left =
    (input.features.patches.shape[1] / input.features.grid.views) * (input.features.grid.views - 1);
  const ofFirstSlots = (x: tf.Tensor3D): tf.Tensor3D => tf.slice(x, [0, 0, 0], [-1, -1, left]);
  tf.tidy(() => {
    const whole = locate(input).probabilities;
    const [, p] = input.features.patches.shape;
    const ones = { ...input, features: { ...input.features, present: tf.ones<tf.Rank.R2>([b, p]) } };
    suite.equal('presence of ones = no presence', locate(ones).probabilities, whole, 1e-6);

    const masked = withEmptySlots(input, some, 0);
    const found = locate(masked);
    const { present } = masked.features;
    suite.check(
      'nothing is found where no patch is',
      isGone(found.masks, present!) && isGone(found.probabilities, present!),
    );
    suite.equal(
      'studies without empty slots do not change',
      tf.slice(found.probabilities, 1),
      tf.slice(whole, 1),
      1e-5,
    );
    const garbage = locate(withEmptySlots(input, some, FILLER));
    suite.equal(
      'what stands where no patch is does not matter',
      garbage.probabilities,
      found.probabilities,
      1e-6,
    );
    if (!fewerViews) return;
    const cut = locate(withoutLastSlot(input)).probabilities;
    suite.equal(
      'an empty slot = a study without it',
      first(ofFirstSlots(found.probabilities), 1),
      first(cut, 1),
      1e-5,
    );
    const emptied = ofFirstSlots(locate(withEmptySlots(input, none, FILLER)).probabilities);
    suite.equal('slots that are empty in all studies = no such slots', emptied, cut, 1e-5);
  });
  suite.noLeak('locating with empty slots leaves no tensor', () =>
    tf.tidy(() => locate(withEmptySlots(input, some, FILLER)).masks),
  );
  agent.dispose();
  if (isTrainableAgent(agent)) checkLearning(make as () => TrainableRegionAgent, input, fewerViews, suite);
  if (isDifferentiableAgent(agent))
    checkGradients(make as () => DifferentiableRegionAgent, input, fewerViews, suite);
}

/** What came of one episode. */
interface Learned {
  readonly masks: tf.Tensor;
  readonly probabilities: tf.Tensor;
  /** What learning said. */
  readonly numbers: tf.Tensor;
  /** Probabilities of studies without empty slots, afterwards. */
  readonly after: tf.Tensor;
}

/** Masks drawn, what learning says of them, and what it does. */
function checkLearning(
  make: () => TrainableRegionAgent,
  input: AgentInput,
  fewerViews: boolean,
  suite: Suite,
): void {
  const b = input.features.patches.shape[0];
  const [none, some] = [new Array(b).fill(true), Array.from({ length: b }, (_, i) => i === 0)];
  const feedback = { quality: Float32Array.from({ length: b }, (_, i) => (i * 0.37) % 1) };
  const run = (of: (input: AgentInput) => AgentInput): Learned => {
    const agent = make();
    const episode = agent.act(shownTo(agent, of(input)), new Random(5));
    const [masks, probabilities] = [episode.regions.masks, episode.regions.probabilities].map((x) =>
      tf.clone(x),
    );
    const numbers = tf.tensor1d(Object.values(agent.learn(episode, feedback)));
    episode.dispose();
    const after = agent.locate(shownTo(agent, input)).probabilities;
    agent.dispose();
    return { masks, probabilities, numbers, after };
  };
  tf.tidy(() => {
    const [zeros, garbage] = [0, FILLER].map((filler) => run((x) => withEmptySlots(x, some, filler)));
    suite.equal('masks are drawn whatever stands where no patch is', garbage.masks, zeros.masks, 0);
    suite.equal('learning does not see what stands there', garbage.numbers, zeros.numbers, 1e-4);
    suite.equal('nor does what was learnt', garbage.after, zeros.after, 1e-4);
    const present = withEmptySlots(input, some, 0).features.present!;
    suite.check('nothing is likely where no patch is', isGone(zeros.probabilities, present));
    if (!fewerViews) return;
    const cut = run(withoutLastSlot);
    const emptied = run((x) => withEmptySlots(x, none, FILLER));
    const shown = tf.slice(emptied.masks, [0, 0, 0], cut.masks.shape as [number, number, number]);
    suite.equal('masks of studies with an empty slot are drawn as without it', shown, cut.masks, 0);
    suite.equal('learning counts present patches only', emptied.numbers, cut.numbers, 1e-4);
    suite.equal('and learns the same', emptied.after, cut.after, 1e-4);
  });
  const agent = make();
  const learn = (): void => {
    tf.tidy(() => {
      const episode = agent.act(shownTo(agent, withEmptySlots(input, some, FILLER)), new Random(6));
      agent.learn(episode, feedback);
      episode.dispose();
    });
  };
  learn();
  suite.check('learning with empty slots leaves no tensor', leakedTensors(learn) === 0);
  agent.dispose();
}

/** Masks drawn, losses, and the gradient of both. */
function checkGradients(
  make: () => DifferentiableRegionAgent,
  input: AgentInput,
  fewerViews: boolean,
  suite: Suite,
): void {
  const b = input.features.patches.shape[0];
  const [none, some] = [new Array(b).fill(true), Array.from({ length: b }, (_, i) => i === 0)];
  const agent = make();
  /** Masks, then losses, then gradients of their sum. */
  const run = (of: AgentInput): tf.Tensor[] => {
    const relax = () => agent.relax(shownTo(agent, of), { training: true, random: new Random(5) });
    const loss = (): tf.Scalar => {
      const { masks, losses } = relax();
      return tf.addN([tf.sum(tf.square(masks)), ...Object.values(losses)]) as tf.Scalar;
    };
    const { gradients } = valueAndGradients(loss, agent.parameters);
    const { masks, losses } = relax();
    return [masks, ...Object.values(losses), ...gradients.values()];
  };
  const same = (name: string, a: readonly tf.Tensor[], c: readonly tf.Tensor[]): void => {
    suite.check(`${name}: losses and gradients of the same weights`, a.length === c.length);
    a.forEach((x, i) => {
      suite.equal(i === 0 ? `${name}: masks` : `${name}: loss or gradient ${i}`, x, c[i], i === 0 ? 0 : 1e-4);
    });
  };
  tf.tidy(() => {
    const [zeros, garbage] = [0, FILLER].map((filler) => run(withEmptySlots(input, some, filler)));
    const present = withEmptySlots(input, some, 0).features.present!;
    suite.check('no relaxed mask where no patch is', isGone(zeros[0], present));
    same('relaxing does not see what stands where no patch is', garbage, zeros);
    if (!fewerViews) return;
    const cut = run(withoutLastSlot(input));
    const [masks, ...rest] = run(withEmptySlots(input, none, FILLER));
    const shown = tf.slice(masks, [0, 0, 0], cut[0].shape as [number, number, number]);
    same('relaxing with an empty slot = without it', [shown, ...rest], cut);
  });
  agent.dispose();
}

/** Whether values `[b, r, p]` are 0 where no patch is. @param present `[b, p]` */
function isGone(x: tf.Tensor, present: tf.Tensor2D): boolean {
  const [b, p] = present.shape;
  const elsewhere = tf.mul(x, tf.sub(1, tf.reshape(present, [b, 1, p])));
  return elsewhere.dataSync().every((y) => y === 0);
}
