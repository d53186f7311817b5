import * as tf from '@tensorflow/tfjs-core';
import type { FindingHead, FindingInput, FindingLabels, FindingReading } from '../contracts/findings';
import { FINDING_STATES } from '../contracts/findings';
import type { LossInput } from '../contracts/losses';
import { joinMemories, type Memory, memoryPart, patchMemory } from '../contracts/memory';
import { EVALUATION, type Pass } from '../contracts/module';
import { Random } from '../random';
import { REGIONS } from '../regions';
import { tidyRead } from '../tidy-read';
import { featuresOf, type KitSizes } from './features';
import { randomMask, randomTensor } from './numeric';
import { Suite } from './suite';

/**
 * Checks a {@link FindingHead}: names, shapes, patches and places that are not there and count nowhere, batched = single, the
 * truth in training alone and never in the logits, labels by name, gradients, leaks.
 * @param make builds the module for patches and memory of width d
 * @returns the names of the checks passed
 * @throws Error at the first check that fails
 */
export function checkFindings(
  make: (d: number, random: Random) => FindingHead,
  sizes: KitSizes = {},
): string[] {
  return tidyRead(() => checks(make, sizes));
}

/** b, p */
const [STUDIES, PATCHES] = [3, 6];

function checks(
  make: (d: number, random: Random) => FindingHead,
  { width: d = 8, regions: r = REGIONS.length }: KitSizes,
): string[] {
  const random = new Random(23);
  const [b, p, s] = [STUDIES, PATCHES, FINDING_STATES.length];
  const head = make(d, random.split('weights'));
  const suite = new Suite('FindingHead', head);
  const { findings } = head;
  const c = findings.length;
  suite.check('has names of its findings', c > 0 && new Set(findings).size === c, findings.join(', '));
  moveFromStart(head, random.split('moved'));
  const read = (input: FindingInput, pass: Pass = EVALUATION): FindingReading => head.read(input, pass);
  const training = (): Pass => ({ training: true, random: new Random(7) });

  const patches = randomTensor<tf.Rank.R3>([b, p, d], random);
  const masks = randomMask<tf.Rank.R3>([b, r, p], 0.4, random);
  const extra = randomTensor<tf.Rank.R3>([b, 2, d], random); // places of the memory beside the patches
  const inputOf = (
    x: tf.Tensor3D,
    m: tf.Tensor3D,
    present: tf.Tensor2D | null,
    rest = extra,
  ): FindingInput => {
    const features = featuresOf(x, present);
    return { features, masks: m, memory: joinMemories([patchMemory(features), memoryPart('context', rest)]) };
  };
  const whole = inputOf(patches, masks, null);
  const reading = read(whole);
  suite.shape('logits [b, c, s]', reading.logits, [b, c, s]);
  checkTold(suite, reading, whole.memory, d);
  suite.check(
    'keeps its inputs',
    [patches, masks, whole.memory.tokens].every((x) => !x.isDisposed),
  );
  const same = (name: string, a: FindingReading, expected: FindingReading, tolerance: number): void => {
    const [left, right] = [tensorsOf(a), tensorsOf(expected)];
    suite.check(`${name}: tells the same`, left.length === right.length);
    left.forEach((x, i) => {
      suite.equal(name, x, right[i], tolerance);
    });
  };
  same('same input, same output', read(whole), reading, 0);
  const rows = Array.from({ length: b }, (_, i) => {
    const row = <T extends tf.Tensor>(x: T): T => tf.slice(x, i, 1) as T;
    return tensorsOf(read(inputOf(row(patches), row(masks), null, row(extra))));
  });
  tensorsOf(reading).forEach((x, i) => {
    suite.equal('batched = single', tf.concat(rows.map((row) => row[i])), x, 1e-4);
  });
  same('present of all ones = present null', read(inputOf(patches, masks, tf.ones([b, p]))), reading, 1e-6);

  const cut = p - 2; // the last two patches are not there
  const present = tf.concat([tf.ones([b, cut]), tf.zeros([b, p - cut])], 1) as tf.Tensor2D;
  const [there, masksThere] = [tf.slice(patches, 0, [b, cut, d]), tf.slice(masks, 0, [b, r, cut])];
  const masked = read(inputOf(patches, masks, present));
  const without = read(inputOf(there, masksThere, null));
  suite.equal('a masked patch = patches without it', masked.logits, without.logits, 1e-5);
  if (masked.prefix) suite.equal('the same prefix without it', masked.prefix, without.prefix!, 1e-5);
  if (masked.memory) {
    const presence = masked.memory.present;
    suite.check('says which places there are', presence !== null);
    suite.equal('places of absent patches are absent', tf.slice(presence!, 0, [b, p]), present, 0);
    const kept = tf.concat(
      [tf.slice(masked.memory.tokens, 0, [b, cut, d]), tf.slice(masked.memory.tokens, [0, p, 0])],
      1,
    );
    suite.equal('the places of the others are the same', kept, without.memory!.tokens, 1e-5);
  }
  const gone = tf.expandDims(tf.sub(1, present), 2);
  const dirty = inputOf(tf.add(patches, tf.mul(gone, 1e3)) as tf.Tensor3D, masks, present);
  const spoilt = read(dirty);
  suite.equal('what an absent patch holds does not matter', spoilt.logits, masked.logits, 1e-5);
  const none = tf.concat([tf.slice(present, 0, [b - 1, p]), tf.zeros([1, p])], 0) as tf.Tensor2D;
  suite.shape('a study without patches', read(inputOf(patches, masks, none)).logits, [b, c, s]);
  suite.shape('empty masks', read(inputOf(patches, tf.zeros([b, r, p]), null)).logits, [b, c, s]);

  const labels = labelsOf(findings, b, random);
  same('labels change nothing outside training', read({ ...whole, labels }), reading, 0);
  const taught = read({ ...whole, labels }, training());
  suite.equal('the truth never enters the logits', taught.logits, read(whole, training()).logits, 0);
  const turned = reversed(labels);
  same('labels are found by name', read({ ...whole, labels: turned }, training()), taught, 0);
  const losses = (given: FindingLabels | undefined, x = whole): Record<string, tf.Scalar> =>
    head.losses(lossInput(x, read(x), given), EVALUATION);
  for (const [name, loss] of Object.entries(losses(labels))) suite.shape(`loss ${name}`, loss, []);
  for (const [name, loss] of Object.entries(losses(turned)))
    suite.equal(`loss ${name} finds labels by name`, loss, losses(labels)[name], 1e-6);
  const lacking = { names: findings.map((name, i) => (i === 0 ? 'other' : name)), states: labels.states };
  const message = messageOf(() => losses(lacking));
  const named = message.includes(findings[0]) && !message.includes('\n');
  suite.check('a finding without a label is named in one line', named, message || 'nothing was thrown');

  checkGradients(suite, (present) => inputOf(patches, masks, present), head, [null, present], labels, random);
  for (const given of [null, present]) {
    const when = given ? ' with absent patches' : '';
    const input = inputOf(patches, masks, given);
    suite.noLeak(`no leaked tensor${when}`, () => madeBy(input, read(input)));
    suite.noLeak(`no leaked tensor in training${when}`, () =>
      madeBy(input, read({ ...input, labels }, training())),
    );
    const said = read(input);
    suite.noLeak(`no leaked tensor of losses${when}`, () =>
      Object.values(head.losses(lossInput(input, said, labels), EVALUATION)),
    );
  }
  return suite.finish();
}

/** Weights that start at 0 would hide what they multiply. */
function moveFromStart({ parameters }: FindingHead, random: Random): void {
  for (const variable of parameters.values()) {
    if (!variable.trainable) continue;
    const step = tf.mul(randomTensor(variable.shape as [number], random), 0.3);
    variable.assign(tf.add(variable, step));
  }
}

/** The rules of what the decoder reads. */
function checkTold(suite: Suite, { memory, prefix }: FindingReading, given: Memory, d: number): void {
  const b = STUDIES;
  if (prefix) suite.shape('prefix [b, q, d]', prefix, [b, prefix.shape[1], d]);
  if (!memory) return;
  const m = memory.parts[memory.parts.length - 1].to;
  suite.shape('memory [b, m, d]', memory.tokens, [b, m, d]);
  const ends = [0, ...memory.parts.map(({ to }) => to)];
  suite.check(
    'the parts of the memory have no gaps',
    memory.parts.every(({ from }, i) => from === ends[i]),
  );
  const kept = given.parts.every((part, i) => {
    const { name, from, to } = memory.parts[i];
    return name === part.name && from === part.from && to === part.to;
  });
  suite.check('the parts of the memory given come first', kept);
}

function checkGradients(
  suite: Suite,
  inputOf: (present: tf.Tensor2D | null) => FindingInput,
  head: FindingHead,
  presences: readonly (tf.Tensor2D | null)[],
  labels: FindingLabels,
  random: Random,
): void {
  for (const present of presences) {
    const input = inputOf(present);
    const first = head.read(input, EVALUATION);
    const targets = tensorsOf(first).map((x) => randomTensor(x.shape as [number, number, number], random));
    suite.gradient(() => {
      const reading = head.read(input, EVALUATION);
      const own = Object.values(head.losses(lossInput(input, reading, labels), EVALUATION));
      const told = tensorsOf(reading).map((x, i) => tf.mean(tf.mul(x, targets[i])));
      return tf.addN([...own, ...told]) as tf.Scalar;
    }, random);
  }
}

/** Logits, memory and prefix, as far as there are any. */
const tensorsOf = ({ logits, memory, prefix }: FindingReading): tf.Tensor3D[] => [
  logits,
  ...(memory ? [memory.tokens] : []),
  ...(prefix ? [prefix] : []),
];

/** All that a reading has of its own. */
const madeBy = ({ memory: given }: FindingInput, reading: FindingReading): tf.Tensor[] => {
  const present = reading.memory?.present;
  return [...tensorsOf(reading), ...(present && present !== given.present ? [present] : [])];
};

const lossInput = (
  { features, masks, memory }: FindingInput,
  reading: FindingReading,
  labels: FindingLabels | undefined,
): LossInput => ({
  tokens: { ids: new Int32Array(STUDIES * PATCHES), shape: [STUDIES, PATCHES] },
  embedded: features.patches,
  features,
  masks,
  memory,
  separator: 1,
  sentenceRegions: Array.from({ length: STUDIES }, () => []),
  reading,
  ...(labels && { labels }),
});

/** Random states; one finding more than the head knows. */
function labelsOf(findings: readonly string[], b: number, random: Random): FindingLabels {
  const names = [...findings, 'something else'];
  const states = Uint8Array.from({ length: b * names.length }, () => random.int(FINDING_STATES.length));
  return { names, states };
}

function reversed({ names, states }: FindingLabels): FindingLabels {
  const c = names.length;
  const turned = states.map((_, i) => states[i - (i % c) + (c - 1 - (i % c))]);
  return { names: [...names].reverse(), states: turned };
}

function messageOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
