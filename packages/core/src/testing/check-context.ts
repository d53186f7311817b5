import * as tf from '@tensorflow/tfjs-core';
import type { ContextEncoder, ContextInput } from '../contracts/context';
import type { Memory } from '../contracts/memory';
import { EVALUATION } from '../contracts/module';
import { CONTEXT_FIELDS, type ContextField, type ContextTexts, type ViewKind } from '../contracts/study';
import type { PatchFeatures } from '../contracts/vision';
import { Random } from '../random';
import { tidyRead } from '../tidy-read';
import { largestError, randomTensor } from './numeric';
import { Suite } from './suite';

/** Sizes of {@link checkContext}. */
export interface ContextCheckOptions {
  /** d; 8 by default. */
  readonly width?: number;
  /** V; 9 by default. */
  readonly vocabularySize?: number;
  /** Ids of the three studies that are read. */
  readonly ids?: readonly [string, string, string];
}

/**
 * Checks a {@link ContextEncoder}: places with parts that have no gaps, absent texts apart from empty ones, nothing read but
 * what it says, values of places that are not there without effect, a masked view = a study without it, batched = single,
 * gradients, leaks.
 * @param make builds the module for width d and ids of texts below V
 * @returns the names of the checks passed
 * @throws Error at the first check that fails
 */
export function checkContext(
  make: (d: number, V: number, random: Random) => ContextEncoder,
  options: ContextCheckOptions = {},
): string[] {
  return tidyRead(() => checks(make, options));
}

function checks(
  make: (d: number, V: number, random: Random) => ContextEncoder,
  options: ContextCheckOptions,
): string[] {
  const { width: d = 8, vocabularySize: V = 9, ids = ['a', 'b', 'c'] } = options;
  const random = new Random(19);
  const encoder = make(d, V, random.split('weights'));
  const suite = new Suite('ContextEncoder', encoder);
  const { reads } = encoder;
  const known = ['prior', 'similar', ...CONTEXT_FIELDS];
  suite.check(
    'reads what there is',
    reads.every((x) => known.includes(x)) && new Set(reads).size === reads.length,
  );
  const run = (x: ContextInput): Memory => encoder.encode(x, EVALUATION);

  const full = studies(d, ids, random);
  const memory = run(full);
  checkPlaces(suite, memory, 3, d);
  const bare = { ...full, prior: null, texts: {} };
  const without = run(bare);
  checkPlaces(suite, without, 3, d, 'nothing given');
  suite.check(
    'keeps its inputs',
    tensorsOf(full).every((x) => !x.isDisposed),
  );

  const same = (name: string, input: ContextInput, expected: Memory, tolerance = 1e-5): void => {
    const error = difference(run(input), expected);
    suite.check(name, error <= tolerance, `largest difference ${error}, allowed ${tolerance}`);
  };
  same('same input, same output', full, memory, 0);
  same('a padded text is the same text', { ...full, texts: mapTexts(full.texts, padded) }, memory);
  const unread: ContextInput = {
    ...full,
    prior: reads.includes('prior') ? full.prior : null,
    texts: Object.fromEntries(
      Object.entries(full.texts).filter(([field]) => reads.includes(field as ContextField)),
    ),
  };
  same('what it does not read changes nothing', unread, memory);
  for (const field of CONTEXT_FIELDS.filter((x) => reads.includes(x))) {
    const { tokens, present } = full.texts[field]!;
    const blank = { tokens: { ...tokens, ids: new Int32Array(tokens.ids.length) }, present };
    const [empty, absent] = [Uint8Array.of(1, 1, 1), Uint8Array.of(0, 0, 0)].map((rows) =>
      run({ ...full, texts: { ...full.texts, [field]: { ...blank, present: rows } } }),
    );
    const apart = rowsOf(empty).every((row, i) => largestError(row, rowsOf(absent)[i]) > 1e-3);
    suite.check(`an absent ${field} is not an empty one`, apart);
    const { [field]: _, ...others } = full.texts;
    const left = run({ ...full, texts: others });
    suite.check(`an absent ${field} is one that is left out`, difference(left, absent) <= 1e-5);
  }

  const singles = [0, 1, 2].map((i) => run(studyOf(full, i)));
  const errors = singles.map((single, i) => largestError(rowsOf(single)[0], rowsOf(memory)[i]));
  suite.check('batched = single', Math.max(...errors) <= 1e-4, `largest difference ${Math.max(...errors)}`);

  checkPresence(suite, run, full, memory);
  const target = randomTensor(memory.tokens.shape, random);
  const loss = (): tf.Scalar => {
    const { tokens, present } = run(full);
    return tf.sum(tf.mul(present ? tf.mul(tokens, tf.expandDims(present, 2)) : tokens, target));
  };
  suite.gradient(loss, random);
  suite.noLeak('no leaked tensor', () => tensorsOfMemory(run(full)));
  suite.noLeak('no leaked tensor where nothing is given', () => tensorsOfMemory(run(bare)));
  return suite.finish();
}

/** Values of places that are not there, and a view that is masked. */
function checkPresence(
  suite: Suite,
  run: (input: ContextInput) => Memory,
  full: ContextInput,
  memory: Memory,
): void {
  const spoilt = (features: PatchFeatures): PatchFeatures => ({
    ...features,
    patches: tf.tidy(() => {
      const gone = tf.expandDims(tf.sub(1, features.present!), 2);
      return tf.add(features.patches, tf.mul(gone, 1e3)) as tf.Tensor3D;
    }),
  });
  const garbage = run({
    ...full,
    current: spoilt(full.current),
    prior: { ...full.prior!, features: spoilt(full.prior!.features) },
  });
  const changed = difference(garbage, memory);
  suite.check('values in places that are not there do not matter', changed <= 1e-5, `difference ${changed}`);

  // study 1 has one view and an earlier study of one: the same without the slots of the second
  const one = studyOf(full, 1);
  const cut = run({
    ...one,
    current: firstView(one.current),
    prior: one.prior && { ...one.prior, features: firstView(one.prior.features) },
  });
  const masked = largestError(rowsOf(cut)[0], rowsOf(memory)[1]);
  suite.check('a masked view = a study without it', masked <= 1e-5, `largest difference ${masked}`);

  const whole = studyOf(full, 0);
  const none = { ...whole, current: { ...whole.current, present: null } };
  const unmasked = run({
    ...none,
    prior: { ...whole.prior!, features: { ...whole.prior!.features, present: null } },
  });
  const ones = largestError(rowsOf(unmasked)[0], rowsOf(memory)[0]);
  suite.check('present of all ones = present null', ones <= 1e-6, `largest difference ${ones}`);
}

/** The rules of a memory. */
function checkPlaces(suite: Suite, memory: Memory, b: number, d: number, when = 'all given'): void {
  const { tokens, present, parts } = memory;
  const m = tokens.shape[1];
  suite.shape(`places [b, m, d], ${when}`, tokens, [b, m, d]);
  let at = 0;
  const gapless = parts.every(({ name, from, to }) => {
    const fits = name !== '' && from === at && to > from;
    at = to;
    return fits;
  });
  suite.check(`parts without gaps, ${when}`, gapless && at === m, JSON.stringify(parts));
  suite.check(
    `each part has a name of its own, ${when}`,
    new Set(parts.map((x) => x.name)).size === parts.length,
  );
  if (!present) return;
  suite.shape(`presence [b, m], ${when}`, present, [b, m]);
  suite.check(
    `presence is 0 or 1, ${when}`,
    present.dataSync().every((x) => x === 0 || x === 1),
  );
}

/**
 * Three studies of two views of 2 × 2 patches. The first has everything; the second has one view, empty texts and an earlier
 * study of one view; the third has no texts and no earlier study.
 */
function studies(d: number, ids: readonly string[], random: Random): ContextInput {
  const both: (ViewKind | null)[] = ['frontal', 'lateral'];
  const one: (ViewKind | null)[] = ['frontal', null];
  const features = (kinds: readonly (readonly (ViewKind | null)[])[]): PatchFeatures => ({
    patches: randomTensor<tf.Rank.R3>([3, 8, d], random),
    grid: { views: 2, rows: 2, cols: 2 },
    kinds,
    present: tf.tensor2d(
      kinds.flatMap((row) => row.flatMap((kind) => new Array(4).fill(kind ? 1 : 0))),
      [3, 8],
    ),
  });
  const texts = Object.fromEntries(
    CONTEXT_FIELDS.map((field, k): [ContextField, ContextTexts] => {
      const words = Int32Array.of(1 + k, 5, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      return [field, { tokens: { ids: words, shape: [3, 4] }, present: Uint8Array.of(1, 1, 0) }];
    }),
  );
  return {
    current: features([both, one, both]),
    prior: {
      features: features([both, one, [null, null]]),
      days: Float32Array.of(30, Number.NaN, Number.NaN),
    },
    texts,
    ids,
  };
}

/** The study of one row. */
function studyOf({ current, prior, texts, ids }: ContextInput, i: number): ContextInput {
  const row = <T extends tf.Tensor>(x: T): T => tf.slice(x, i, 1) as T;
  const of = (x: PatchFeatures): PatchFeatures => ({
    ...x,
    patches: row(x.patches),
    kinds: [x.kinds[i]],
    present: x.present && row(x.present),
  });
  const textOf = ({ tokens, present }: ContextTexts): ContextTexts => {
    const t = tokens.shape[1];
    return {
      tokens: { ids: tokens.ids.slice(i * t, (i + 1) * t), shape: [1, t] },
      present: present.slice(i, i + 1),
    };
  };
  return {
    current: of(current),
    prior: prior && { features: of(prior.features), days: prior.days.slice(i, i + 1) },
    texts: mapTexts(texts, textOf),
    ids: ids && [ids[i]],
  };
}

/** One slot instead of two. */
function firstView(x: PatchFeatures): PatchFeatures {
  const n = x.grid.rows * x.grid.cols;
  const [b, , d] = x.patches.shape;
  return {
    patches: tf.slice(x.patches, [0, 0, 0], [b, n, d]),
    grid: { ...x.grid, views: 1 },
    kinds: x.kinds.map((row) => row.slice(0, 1)),
    present: null,
  };
}

function mapTexts(
  texts: ContextInput['texts'],
  f: (text: ContextTexts) => ContextTexts,
): ContextInput['texts'] {
  return Object.fromEntries(Object.entries(texts).map(([field, text]) => [field, f(text)]));
}

/** Two more columns of padding. */
function padded({ tokens, present }: ContextTexts): ContextTexts {
  const [b, t] = tokens.shape;
  const ids = new Int32Array(b * (t + 2));
  for (let i = 0; i < b; i++) ids.set(tokens.ids.subarray(i * t, (i + 1) * t), i * (t + 2));
  return { tokens: { ids, shape: [b, t + 2] }, present };
}

/** Of each study the places that are there, one after another. */
function rowsOf({ tokens, present }: Memory): Float32Array[] {
  const [b, m, d] = tokens.shape;
  const values = tokens.dataSync();
  const there = present?.dataSync();
  return Array.from({ length: b }, (_, i) => {
    const places = Array.from({ length: m }, (_, j) => i * m + j).filter((k) => !there || there[k] === 1);
    return Float32Array.from(places.flatMap((k) => [...values.subarray(k * d, (k + 1) * d)]));
  });
}

/** Largest difference of the places that are there. */
function difference(a: Memory, b: Memory): number {
  const [left, right] = [rowsOf(a), rowsOf(b)];
  return Math.max(...left.map((row, i) => largestError(row, right[i])));
}

const tensorsOfMemory = ({ tokens, present }: Memory): tf.Tensor[] =>
  present ? [tokens, present] : [tokens];

const tensorsOf = ({ current, prior }: ContextInput): tf.Tensor[] =>
  [current, prior?.features].flatMap((x) => (x ? [x.patches, ...(x.present ? [x.present] : [])] : []));
