import { expect, it } from 'vitest';
import { centresIn, findingsOf, SENTENCES, touched } from './boxes.mjs';

const grid = { rows: 2, cols: 4 }; // patches of 25 × 50 in a frame of 100

it('marks patches by their centres and by what they share with a box', () => {
  const box = [[10, 10, 40, 60]] as const; // centres at 12.5 and 37.5 across, 25 and 75 down
  expect([...centresIn(box, grid, 100)]).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
  expect([...touched(box, grid, 100)]).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  expect([...touched([[80, 55, 90, 60]], grid, 100)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  expect([...centresIn([[80, 55, 90, 60]], grid, 100)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

it('says a box in words: the left of the image is the patient’s right', () => {
  const found = findingsOf(
    ['Consolidation', 'Effusion', 'Consolidation', 'Fibrosis'],
    [
      [10, 10, 30, 40],
      [60, 70, 90, 95],
      [5, 20, 25, 44],
      [0, 0, 9, 9],
    ],
    100,
  );
  expect(found.map(({ sentence, rectangles }) => [sentence, rectangles.length])).toEqual([
    ['there is focal consolidation in the right upper lobe', 2],
    ['there is a small left pleural effusion', 1],
    [null, 1],
  ]);
  expect(SENTENCES).toContain(found[0].sentence);
});
