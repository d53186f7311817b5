import '@tensorflow/tfjs-backend-cpu';
import { Random } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { writeReports } from './generate';
import type { Raca } from './model';
import { buildModel } from './modules';
import { rollOut } from './self-critical';
import { TINY_SIZES, TINY_WORDS, tinyBatch, tinyConfig } from './tiny';

const UNKNOWN = TINY_WORDS.indexOf('<unk>') + 1;

/** A model to which `<unk>` is the likeliest word everywhere, then "clear". */
function unknowing(): Raca {
  const model = buildModel(tinyConfig().model, { ...TINY_SIZES, unknown: UNKNOWN });
  const bias = new Float32Array(TINY_WORDS.length + 1);
  [bias[UNKNOWN], bias[TINY_WORDS.indexOf('clear') + 1]] = [50, 25];
  model.parameters.get('decoder.output.bias')!.assign(tf.tensor1d(bias));
  return model;
}

const generation = { beam: 3, trigramPenalty: false, lengthPenalty: 0, maxLength: 4 };

it.each(['beam', 'greedy'] as const)('writes <unk> only when asked, %s', async (search) => {
  const model = unknowing();
  const { study } = tinyBatch();
  const words = async (unknown?: boolean) =>
    (await writeReports(model, study, { ...generation, search, unknown })).tokens.flat();
  expect(new Set(await words(true))).toEqual(new Set([UNKNOWN]));
  for (const unknown of [undefined, false]) {
    expect(new Set(await words(unknown))).toEqual(new Set([TINY_WORDS.indexOf('clear') + 1]));
  }
});

it.each([
  ['not asked', undefined],
  ['asked', true],
])('self-critical training draws <unk> only when asked: %s', async (_, unknown) => {
  const texts: string[] = [];
  const reward = (_: readonly string[], hypotheses: readonly string[]) => {
    texts.push(...hypotheses);
    return hypotheses.map(() => 0);
  };
  const decode = (ids: ArrayLike<number>) => Array.from(ids, (id) => TINY_WORDS[id - 1] ?? '').join(' ');
  const own = { samples: 2, baseline: 'greedy', standardise: false, maxLength: 4 } as const;
  await rollOut(unknowing(), tinyBatch(), { ...own, reward, decode, random: new Random(1), unknown });
  expect(texts).toHaveLength(9); // two samples and a greedy report each
  for (const text of texts) expect(text.includes('<unk>')).toBe(unknown === true);
});
