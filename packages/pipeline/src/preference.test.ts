import { useBackend } from '@raca/backend/node';
import { EVALUATION, Random } from '@raca/core';
import { dpo, ipo, kto, orpo, simpo, tokenLogProbabilities } from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { LabelledSentences } from './labelled-sentences';
import { withoutLast } from './model';
import { buildModel } from './modules';
import { type JudgedPairs, type Preferences, preferenceLoss, preferenceObjectiveOf } from './preference';
import { preferenceSchema } from './preference-config';
import { type PairOptions, preferencePairs } from './preference-pairs';
import { gatheredRows } from './readable-rows';
import { reportLogProbabilities } from './report-log-probabilities';
import { TINY_SIZES, tinyBatch, tinyConfig } from './tiny';
import { Trainer } from './trainer';

beforeAll(() => useBackend({ prefer: ['wasm'] }));

const tinyModel = (seed = 5) => {
  const layers = { heads: 2, feedForward: 6, layers: 1, dropout: 0 };
  const { model } = tinyConfig({
    vision: { use: 'visual-transformer', config: { ...layers, patchDropout: 0 } },
    decoder: { use: 'transformer', config: layers },
  });
  return buildModel(model, { ...TINY_SIZES, seed });
};
/** Of studies 2 and 0: two chosen reports, then two rejected ones. */
const tokens = {
  ids: Int32Array.of(0, 6, 4, 1, 0, 0, 5, 3, 1, 0, 0, 5, 4, 1, 0, 0, 6, 0, 0, 0),
  shape: [4, 5],
} as const;
const studies = [2, 0];
const counts = Float32Array.of(1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0);
const mismatched = { policy: [-3, -4], reference: [-5, -4.5] };
const preferencesOf = (reference: Float32Array | null): Preferences => ({
  ...{ tokens, studies, counts, reference, mismatched },
});

const OBJECTIVES = { dpo: dpo(), ipo: ipo(), kto: kto(), simpo: simpo(), orpo: orpo() };

describe.each(Object.entries(OBJECTIVES))('%s in training', (objective, expectedOf) => {
  const config = preferenceSchema.parse({ objective, pairs: 'constant', weight: 1 });

  it('is the function of @raca/objectives of what was recorded', () => {
    const [model, frozen, batch] = [tinyModel(), tinyModel(6), tinyBatch()];
    const reference = reportLogProbabilities(frozen, batch.study, tokens, [...studies, ...studies]);
    const encoded = model.encode(batch.study, EVALUATION);
    const regions = model.locate(encoded);
    const own = preferenceObjectiveOf(config);
    const found = preferenceLoss(model, encoded, regions, preferencesOf(reference), own, EVALUATION);
    // the same numbers, each computed on its own
    const scored = (m: typeof model) => {
      const own = m.encode(batch.study, EVALUATION);
      const read = gatheredRows(m.read(own, m.locate(own), EVALUATION), [2, 0, 2, 0]);
      return tokenLogProbabilities(m.forced(read, withoutLast(tokens), EVALUATION), tokens);
    };
    const [now, before] = [scored(model), scored(frozen)];
    const side = (from: number) => ({
      policy: tf.slice(now.policy, from, 2),
      reference: tf.slice(before.policy, from, 2),
      mask: tf.slice(tf.tensor2d(counts, [4, 4]), from, 2),
    });
    const pairs: JudgedPairs = {
      ...{ chosen: side(0), rejected: side(2), mismatched, wholeChosen: tf.slice(now.mask, 0, 2) },
    };
    expect(found.dataSync()[0]).toBeCloseTo((expectedOf as typeof own)(pairs).dataSync()[0], 5);
  });

  it('trains five steps, and makes the chosen reports more probable beside the rejected', () => {
    const { training } = tinyConfig({}, { preference: config });
    const trainer = new Trainer(tinyModel(), training, () => '', undefined, 9);
    const batch = tinyBatch();
    const rows = [...studies, ...studies];
    const margin = (): number => {
      const all = reportLogProbabilities(trainer.model, batch.study, tokens, rows);
      return all.reduce((sum, x, i) => sum + (i < 8 ? x : -x) * counts[i], 0);
    };
    const reference = reportLogProbabilities(trainer.model, batch.study, tokens, rows);
    const start = margin();
    let before = 0;
    for (let i = 0; i < 5; i++) {
      const log = trainer.trainStep(batch, 0, preferencesOf(reference));
      if (i === 0) before = tf.memory().numTensors;
      expect(log['preference/pairs']).toBe(2);
      expect(Number.isFinite(log.preference)).toBe(true);
    }
    expect(margin()).toBeGreaterThan(start);
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(0);
  });
});

const words = [
  '.',
  'heart',
  'is',
  'enlarged',
  'stable',
  'no',
  'change',
  'interval',
  'normal',
  'lungs',
  'clear',
  'unchanged',
];
const ids = (text: string): number[] => text.split(' ').map((word) => words.indexOf(word) + 1);
const decode = (all: ArrayLike<number>): string => Array.from(all, (id) => words[id - 1]).join(' ');
const options = (more: Partial<PairOptions>): PairOptions => ({
  ...{ pairs: 'prior-lines', masks: 'sentences', separator: 1, maxWords: 20, decode },
  encode: (text) => (text.split(' ').every((word) => words.includes(word)) ? ids(text) : null),
  sentences: new LabelledSentences(1, decode),
  random: new Random(1),
  ...more,
});
const texts = (side: { words: readonly number[] }): string => decode(side.words);

describe('preferencePairs', () => {
  const compared = { id: 'a', words: ids('heart is enlarged . lungs unchanged .') };
  const plain = { id: 'b', words: ids('heart is normal . lungs clear .') };

  it('rejects lines that compare: a report’s own, or another’s', () => {
    const [own, other] = preferencePairs([compared, plain], options({}));
    expect([texts(own.chosen), texts(own.rejected)]).toEqual([
      'heart is enlarged .',
      'heart is enlarged . lungs unchanged .',
    ]);
    expect([...own.chosen.counts]).toEqual([0, 0, 0, 0, 0]);
    expect([...own.rejected.counts]).toEqual([0, 0, 0, 0, 1, 1, 1, 0]);
    expect(texts(other.chosen)).toBe('heart is normal . lungs clear .');
    expect(texts(other.rejected)).toContain('lungs unchanged .');
    expect(other.rejected.words).toHaveLength(plain.words.length + 3);
  });

  it('invents a line of known words where no report compares', () => {
    const [{ rejected }] = preferencePairs([plain], options({}));
    expect(
      ['no interval change .', 'stable .', 'unchanged .'].some((line) => texts(rejected).includes(line)),
    ).toBe(true);
    expect(() => preferencePairs([plain], options({ encode: () => null }))).toThrow(/found neither/);
  });

  it('leaves the last sentences out where the line would make a report too long', () => {
    const [{ chosen, rejected }] = preferencePairs([plain], options({ maxWords: 7 }));
    expect(texts(chosen)).toBe('heart is normal .');
    expect(rejected.words.length).toBeLessThanOrEqual(7);
  });

  it('rejects a neighbour’s report, and counts the sentences that differ by label', () => {
    const nearest = [plain.words, compared.words];
    const [first] = preferencePairs([compared, plain], options({ pairs: 'nearest', nearest }));
    expect(texts(first.rejected)).toBe(texts({ words: plain.words }));
    expect([...first.chosen.counts]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const [whole] = preferencePairs(
      [compared, plain],
      options({ pairs: 'nearest', nearest, masks: 'report' }),
    );
    expect([...whole.chosen.counts]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('leaves out what does not differ, and says where nothing does', () => {
    const made = preferencePairs([compared, plain, { ...plain, id: 'c' }], options({ pairs: 'constant' }));
    expect(made.map(({ id }) => id)).toEqual(['a']);
    expect(() => preferencePairs([plain], options({ pairs: 'constant' }))).toThrow(/found none \(constant\)/);
  });

  it('refuses what teaches nothing', () => {
    const parse = (config: object) => () => preferenceSchema.parse({ pairs: 'prior-lines', ...config });
    expect(parse({ objective: 'simpo' })).toThrow(/expected \\"report\\" for \\"prior-lines\\"/);
    expect(parse({ objective: 'dpo', gamma: 1 })).toThrow(/expected the objective/);
    expect(() =>
      tinyConfig(
        {},
        { preference: { objective: 'dpo', pairs: 'constant' }, selfCritical: { reward: 'cider' } },
      ),
    ).toThrow(/training\.preference: expected one of preference and selfCritical/);
  });
});
