import '@tensorflow/tfjs-backend-cpu';
import { Random } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { beamSearch, type Generation, greedy, sample, TRIGRAM_PENALTY } from './index';
import { draw } from './sample';
import { type Language, noMemory, ToyDecoder } from './toy-decoder';

const run = (language: Language, search: ReturnType<typeof greedy>, b = 1): Promise<Generation> =>
  search(new ToyDecoder(language), noMemory(b));

/** 1 looks better at first (0.6), but only 2 ends well: 0.4 · 0.9 = 0.36 against 0.6 · 0.4 = 0.24. */
const misleading: Language = ([first, ...more]) => {
  if (first === undefined) return [0, 0.6, 0.4];
  if (more.length > 0) return [1, 0, 0];
  return first === 1 ? [0.4, 0.3, 0.3] : [0.9, 0.05, 0.05];
};

describe('greedy', () => {
  it('takes the best token each time', async () => {
    const { tokens, scores } = await run(misleading, greedy({ maxLength: 5 }));
    expect(tokens).toEqual([[1]]);
    expect(scores[0]).toBeCloseTo(Math.log(0.24), 5);
  });

  it('ends at maxLength, and at once where 0 comes first', async () => {
    const { tokens, scores } = await run(
      (_, study) => (study === 0 ? [0.2, 0.8] : [0.7, 0.3]),
      greedy({ maxLength: 3 }),
      2,
    );
    expect(tokens).toEqual([[1, 1, 1], []]);
    expect(scores[0]).toBeCloseTo(3 * Math.log(0.8), 5);
    expect(scores[1]).toBeCloseTo(Math.log(0.7), 5);
  });

  it('drops finished rows and stops with the last', async () => {
    const toy = new ToyDecoder((words, study) => (words.length < study ? [0.1, 0.9] : [0.9, 0.1]));
    const { tokens } = await greedy({ maxLength: 50 })(toy, noMemory(3));
    expect(tokens).toEqual([[], [1], [1, 1]]);
    expect(toy.rows).toEqual([3, 2, 1]);
    expect(toy.open).toBe(0);
  });

  it('divides the probability of a repeated trigram by 4 each time', async () => {
    // Always 0.5, 0.3, 0.15 for 1, 2, 3. After 1 1 1 the run 1 1 1 costs: 1 falls to 0.125, so 2. After
    // 1 1 1 2 1 1 both 1 (0.125) and 2 (0.075) would repeat: 3.
    const always: Language = () => [0.05, 0.5, 0.3, 0.15];
    const penalised = greedy({ maxLength: 7, trigramPenalty: TRIGRAM_PENALTY });
    expect((await run(always, penalised)).tokens).toEqual([[1, 1, 1, 2, 1, 1, 3]]);
    expect((await run(always, greedy({ maxLength: 4 }))).tokens).toEqual([[1, 1, 1, 1]]);
  });
});

describe('diverse beamSearch', () => {
  /** Words 1, 2, 3 with 0.5, 0.3, 0.2, then nearly always the end. */
  const three: Language = (words) => (words.length === 0 ? [0, 0.5, 0.3, 0.2] : [0.9, 0.05, 0.03, 0.02]);
  const write = (diversity: number, beam = 3) =>
    run(three, beamSearch({ beam, groups: 3, diversity, maxLength: 5 }), 2);

  it.each([
    [0, [1, 1, 1]],
    [0.2, [1, 1, 1]], // ln 0.5 − 0.4 = −1.09 is still more than ln 0.3 = −1.20
    [0.6, [1, 2, 1]], // ln 0.5 − 0.6 = −1.29 is less, and more than ln 0.3 − 0.6 and ln 0.2 = −1.61
    [1, [1, 2, 3]],
  ])('with λ %d its groups write %j', async (diversity, words) => {
    const { tokens, scores, groups } = await write(diversity);
    expect(tokens).toEqual([[1], [1]]);
    expect(scores[1]).toBeCloseTo(Math.log(0.45), 5);
    expect(groups).toHaveLength(2);
    for (const study of groups!) {
      expect(study.map((text) => text.tokens)).toEqual(words.map((word) => [word]));
      const chances = words.map((word) => Math.log(0.9 * [0, 0.5, 0.3, 0.2][word]));
      study.forEach(({ score }, i) => {
        expect(score).toBeCloseTo(chances[i], 5); // the penalty is in no score
      });
    }
  });

  it('gives each group its share of the beams, side by side in the decoder', async () => {
    const toy = new ToyDecoder(misleading);
    const { tokens, groups } = await beamSearch({ beam: 4, groups: 2, diversity: 9, maxLength: 5 })(
      toy,
      noMemory(3),
    );
    expect(tokens).toEqual([[2], [2], [2]]); // a group of two finds what one beam misses
    expect(toy.rows[0]).toBe(3);
    expect(Math.max(...toy.rows)).toBeLessThanOrEqual(12);
    expect(groups![0]).toHaveLength(2);
    expect(toy.open).toBe(0);
    expect((await run(misleading, beamSearch({ beam: 2, maxLength: 5 }))).groups).toBeUndefined();
  });

  it('refuses groups that do not divide the beams', () => {
    expect(() => beamSearch({ beam: 4, groups: 3, maxLength: 5 })).toThrow(/3 groups of 4 beams/);
    expect(() => beamSearch({ groups: 3, diversity: -1, maxLength: 5 })).toThrow(/diversity must be/);
  });
});

describe('beamSearch', () => {
  it('finds what greedy misses', async () => {
    const { tokens, scores } = await run(misleading, beamSearch({ beam: 2, maxLength: 5 }));
    expect(tokens).toEqual([[2]]);
    expect(scores[0]).toBeCloseTo(Math.log(0.36), 5);
  });

  it('with one beam is greedy', async () => {
    expect((await run(misleading, beamSearch({ beam: 1, maxLength: 5 }))).tokens).toEqual([[1]]);
  });

  it('prefers a longer text that ends better to one that ended before, then stops', async () => {
    // [] ends with 0.3; 1 goes on with 0.7 and ends with 0.63; no open text can pass 0.07.
    const toy = new ToyDecoder((words) => (words.length === 0 ? [0.3, 0.7] : [0.9, 0.1]));
    const { tokens, scores } = await beamSearch({ maxLength: 50 })(toy, noMemory(1));
    expect(tokens).toEqual([[1]]);
    expect(scores[0]).toBeCloseTo(Math.log(0.63), 5);
    expect(toy.steps).toBe(2);
  });

  it('cuts at maxLength', async () => {
    const { tokens, scores } = await run(() => [0.01, 0.19, 0.8], beamSearch({ maxLength: 4 }));
    expect(tokens).toEqual([[2, 2, 2, 2]]);
    expect(scores[0]).toBeCloseTo(4 * Math.log(0.8), 5);
  });

  it('penalises trigrams when asked', async () => {
    const always: Language = () => [0.02, 0.6, 0.38];
    const options = { maxLength: 4, beam: 3 };
    expect((await run(always, beamSearch(options))).tokens).toEqual([[1, 1, 1, 1]]);
    // 1 1 1 1 costs a factor 4: 0.0324; one 2 in place of a 1 costs 0.38/0.6: 0.082
    const { scores } = await run(always, beamSearch({ ...options, trigramPenalty: TRIGRAM_PENALTY }));
    expect(scores[0]).toBeCloseTo(Math.log(0.6 ** 3 * 0.38), 5);
  });

  it('ranks finished texts by the mean of a token when asked, and waits for longer ones', async () => {
    // [] ends with 0.5: sum ln 0.5 = −0.69, one token, mean −0.69. 1 (0.5) 1 (0.9) 1 (0.9) end (0.9): sum −1.01, four
    // tokens, mean −0.25.
    const language: Language = (words) =>
      words.length === 0 ? [0.5, 0.5] : words.length < 3 ? [0.1, 0.9] : [0.9, 0.1];
    const options = { beam: 2, maxLength: 8 };
    expect((await run(language, beamSearch(options))).tokens).toEqual([[]]);
    const { tokens, scores } = await run(language, beamSearch({ ...options, lengthPenalty: 1 }));
    expect(tokens).toEqual([[1, 1, 1]]);
    expect(scores[0]).toBeCloseTo(Math.log(0.5) + 3 * Math.log(0.9), 5); // the sum, however ranked
    // ln 0.5 / 1 against −1.01 / 4ᵅ: equal at α = ln(1.01 / 0.69) / ln 4 = 0.27
    const alpha = Math.log(scores[0] / Math.log(0.5)) / Math.log(4);
    for (const [lengthPenalty, expected] of [
      [alpha - 0.01, []],
      [alpha + 0.01, [1, 1, 1]],
    ] as const) {
      expect((await run(language, beamSearch({ ...options, lengthPenalty }))).tokens).toEqual([expected]);
    }
  });

  it('equals the published procedure on random languages, batched', async () => {
    const random = new Random(7);
    for (let round = 0; round < 40; round++) {
      const V = 2 + random.int(4);
      const seed = random.int(1e6);
      const sharpness = random.uniform(0.5, 3);
      const language: Language = (words, study) => {
        const local = new Random(seed).split(`${study}:${words.join(',')}`);
        const weights = Array.from({ length: V }, () => Math.exp(sharpness * local.normal()));
        const sum = weights.reduce((a, b) => a + b);
        return weights.map((w) => w / sum);
      };
      const options = { beam: 1 + random.int(4), maxLength: 1 + random.int(7) };
      const { tokens, scores } = await run(language, beamSearch(options), 3);
      for (let study = 0; study < 3; study++) {
        const expected = publishedBeamSearch(language, study, options);
        expect(tokens[study]).toEqual(expected.tokens);
        expect(scores[study]).toBeCloseTo(expected.score, 4);
      }
    }
  });
});

/** As published: every text goes on to the end; a finished one is stored and gets −1000. */
function publishedBeamSearch(
  language: Language,
  study: number,
  { beam, maxLength }: { beam: number; maxLength: number },
): { tokens: number[]; score: number } {
  let beams: { words: number[]; score: number }[] = [{ words: [], score: 0 }];
  const done: { words: number[]; score: number }[] = [];
  for (let t = 0; t < maxLength; t++) {
    beams = beams
      .flatMap(({ words, score }) =>
        language(words, study).map((p, token) => ({ words: [...words, token], score: score + Math.log(p) })),
      )
      .sort((a, b) => b.score - a.score)
      .slice(0, beam);
    for (const one of beams) {
      if (one.words[t] !== 0 && t < maxLength - 1) continue;
      done.push({ ...one });
      one.score -= 1000;
    }
  }
  const [{ words, score }] = done.sort((a, b) => b.score - a.score);
  const end = words.indexOf(0);
  return { tokens: end < 0 ? words : words.slice(0, end), score };
}

describe('sample', () => {
  const logs = Float64Array.from([0.5, 0.2, 0.3], Math.log); // by rank: 0, 2, 1
  const all = { temperature: 1, topK: Number.POSITIVE_INFINITY, topP: 1 };

  it('draws by rank', () => {
    expect([0, 0.49, 0.51, 0.79, 0.81, 0.999].map((u) => draw(logs, all, u))).toEqual([0, 0, 2, 2, 1, 1]);
  });

  it('cuts to the best tokens and scales what is left', () => {
    // 0.5 and 0.3 are left: the border is 0.625
    const expected = [0, 2];
    expect([0.62, 0.63].map((u) => draw(logs, { ...all, topK: 2 }, u))).toEqual(expected);
    expect([0.62, 0.63].map((u) => draw(logs, { ...all, topP: 0.6 }, u))).toEqual(expected);
    expect(draw(logs, { ...all, topP: 0.4 }, 0.99)).toBe(0);
  });

  it('sharpens with low temperature', () => {
    // squared: 0.25, 0.09, 0.04 of 0.38
    expect([0.65, 0.67].map((u) => draw(logs, { ...all, temperature: 0.5 }, u))).toEqual([0, 2]);
  });

  it('draws in proportion, the same for the same seed and in any batch', async () => {
    const language: Language = (words) => (words.length === 0 ? [0, 0.25, 0.75] : [1, 0, 0]);
    const search = sample({ maxLength: 3, random: new Random(5) });
    const { tokens } = await run(language, search, 2000);
    const ones = tokens.filter(([first]) => first === 1).length / 2000;
    expect(ones).toBeGreaterThan(0.22); // 0.25 ± 3 standard deviations of 0.0097
    expect(ones).toBeLessThan(0.28);
    expect((await run(language, search, 10)).tokens).toEqual(tokens.slice(0, 10));
  });
});

describe('every search', () => {
  it('refuses options out of range', () => {
    expect(() => greedy({ maxLength: 0 })).toThrow(/maxLength/);
    expect(() => beamSearch({ maxLength: 5, beam: 1.5 })).toThrow(/beam/);
    expect(() => beamSearch({ maxLength: 5, trigramPenalty: -1 })).toThrow(/trigramPenalty/);
    expect(() => beamSearch({ maxLength: 5, lengthPenalty: -1 })).toThrow(/lengthPenalty/);
    const random = new Random(1);
    expect(() => sample({ maxLength: 5, random, temperature: 0 })).toThrow(/temperature/);
    expect(() => sample({ maxLength: 5, random, topP: 0 })).toThrow(/topP/);
    expect(() => sample({ maxLength: 5, random, topK: 0 })).toThrow(/topK/);
  });

  it('names logits that are not numbers, and frees its state', async () => {
    const broken = new ToyDecoder(() => [Number.NaN, 1]);
    const before = tf.memory().numTensors;
    const memory = noMemory(1);
    await expect(beamSearch({ maxLength: 5 })(broken, memory)).rejects.toThrow(/not finite/);
    memory.tokens.dispose();
    expect(broken.open).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('forbidden words', () => {
  /** 2 is the most probable word everywhere. */
  const unknowing: Language = (words) => (words.length < 3 ? [0.1, 0.3, 0.6] : [0.7, 0.2, 0.1]);
  const searches: [string, (forbidden: number[]) => ReturnType<typeof greedy>][] = [
    ['greedy', (forbidden) => greedy({ maxLength: 6, forbidden })],
    ['beam', (forbidden) => beamSearch({ beam: 3, maxLength: 6, lengthPenalty: 1, forbidden })],
    [
      'beam with more places than words',
      (forbidden) => beamSearch({ beam: 9, maxLength: 6, lengthPenalty: 1, forbidden }),
    ],
    ['sample', (forbidden) => sample({ maxLength: 6, random: new Random(3), forbidden })],
  ];

  it.each(searches)('%s writes them unless told not to', async (_, search) => {
    const written = async (ids: number[]) => new Set((await run(unknowing, search(ids), 50)).tokens.flat());
    expect(await written([])).toContain(2);
    expect(await written([2])).not.toContain(2);
    expect((await run(unknowing, search([1, 2]), 50)).tokens.flat()).toEqual([]);
  });

  it('keeps the probabilities of the others', async () => {
    // 1 1 1, end: 0.3³ · 0.7 of the whole model, not 0.75³ · 0.78 of what is left
    for (const search of [searches[0], searches[1]]) {
      const { tokens, scores } = await run(unknowing, search[1]([2]));
      expect(tokens).toEqual([[1, 1, 1]]);
      expect(scores[0]).toBeCloseTo(Math.log(0.3 ** 3 * 0.7), 5);
    }
  });

  it('are not drawn by a number next to 1 either', () => {
    const logs = Float64Array.from([0.275, 0.4, 0.32499999999999996, 0], Math.log); // rounded, their sum is below 1
    for (const topK of [4, Number.POSITIVE_INFINITY]) {
      expect(draw(logs, { temperature: 1, topK, topP: 1 }, 1 - 2 ** -53)).not.toBe(3);
    }
  });

  it('are ids of words', async () => {
    for (const wrong of [0, -1, 1.5, Number.NaN]) {
      for (const [, search] of searches) expect(() => search([wrong])).toThrow(/word ids from 1, got/);
    }
    await expect(run(unknowing, greedy({ maxLength: 3, forbidden: [3] }))).rejects.toThrow(/up to 2, got 3/);
  });
});

describe('onStep', () => {
  it('shows texts as they grow and ends with the result', async () => {
    const seen: number[][][] = [];
    const onStep = (texts: readonly (readonly number[])[]) => seen.push(texts.map((words) => [...words]));
    await run(misleading, greedy({ maxLength: 5, onStep }));
    expect(seen).toEqual([[[1]], [[1]]]);
    seen.length = 0;
    const { tokens } = await run(misleading, beamSearch({ beam: 2, maxLength: 5, onStep }));
    expect(seen[0]).toEqual([[1]]); // 0.6 looks better first
    expect(seen.at(-1)).toEqual(tokens); // [2] in the end
  });
});
