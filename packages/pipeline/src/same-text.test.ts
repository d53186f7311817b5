import { expect, it } from 'vitest';
import { sameTextWarning, textCounts } from './same-text';

it('counts reports, different ones and the most frequent', () => {
  expect(textCounts(['a .', 'b .', 'a . ', 'c .'])).toEqual({ texts: 4, distinct: 3, mostFrequent: 2 });
  expect(textCounts([])).toEqual({ texts: 0, distinct: 0, mostFrequent: 0 });
});

const warned = (same: number, other: number) =>
  sameTextWarning(
    textCounts([...new Array(same).fill('clear .'), ...Array.from({ length: other }, (_, i) => `${i} .`)]),
    'the model',
    'test',
  );

it('warns of one text for all studies, or nearly all', () => {
  expect(warned(40, 0)).toMatch(/^the model writes the same report for all 40 test studies: /);
  expect(warned(19, 1)).toMatch(/for 19 of 20 test studies/); // 95 %
  expect(warned(18, 2)).toBeNull();
  expect(warned(1, 0)).toBeNull(); // one study has one text
  expect(warned(0, 0)).toBeNull();
  const uncounted = { texts: Number.NaN, distinct: Number.NaN, mostFrequent: Number.NaN };
  expect(sameTextWarning(uncounted, 'the model', 'test')).toBeNull();
});
