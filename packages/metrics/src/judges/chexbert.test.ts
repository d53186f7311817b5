import { expect, it } from 'vitest';
import { clinicalF1 } from '../clinical';
import { measure } from '../measure';
import { chexbertLabeler } from './chexbert';

/** A model by hand: the first token names the class of every head. */
const model = (classOf: (head: number, tokens: readonly number[]) => number, heads = 14) => ({
  tokenize: (text: string) => [text.length],
  classify: async (tokens: readonly number[]) =>
    Array.from({ length: heads }, (_, head) => {
      const data = new Float32Array(head === 13 ? 2 : 4);
      data[classOf(head, tokens)] = 1;
      return { data, dims: [1, data.length] };
    }),
});

it('reads classes as blank, positive, negative, uncertain, in the order of the heads', async () => {
  // heads 0..3 blank, positive, negative, uncertain; the rest blank; No Finding positive
  const label = await chexbertLabeler(
    ['a'],
    model((head) => (head < 4 ? head : head === 13 ? 1 : 0)),
  );
  expect(label('a')).toEqual({ Cardiomegaly: 1, 'Lung Opacity': 0, 'Lung Lesion': -1, 'No Finding': 1 });
});

it('labels each text once and serves the clinical scores', async () => {
  let calls = 0;
  const counted = model((head, [length]) => {
    if (head === 0) calls++;
    return head === 9 && length === 4 ? 1 : 0; // an effusion in texts of four letters
  });
  const label = await chexbertLabeler(['yes!', 'no', 'yes!'], counted);
  expect(calls).toBe(2);
  const pairs = [
    { id: '1', reference: 'yes!', hypothesis: 'yes!' },
    { id: '2', reference: 'yes!', hypothesis: 'no' },
  ];
  // one of two effusions is found: precision 1, recall 1/2
  expect(measure(clinicalF1({ labeler: label }), pairs).corpus['clinical/micro/f1/14']).toBeCloseTo(
    2 / 3,
    12,
  );
});

it('says what does not fit', async () => {
  await expect(
    chexbertLabeler(
      ['a'],
      model(() => 0, 13),
    ),
  ).rejects.toThrow('expected 14 heads, found 13');
  const wide = {
    tokenize: () => [1],
    classify: async () => Array(14).fill({ data: new Float32Array(3), dims: [3] }),
  };
  await expect(chexbertLabeler(['a'], wide)).rejects.toThrow(
    'head 0 (Enlarged Cardiomediastinum): expected 4 numbers',
  );
  const label = await chexbertLabeler(
    ['a'],
    model(() => 0),
  );
  expect(() => label('b')).toThrow('not among the labelled reports: "b"');
});
