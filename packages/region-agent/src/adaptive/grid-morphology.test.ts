import { describe, expect, it } from 'vitest';
import { connected, eroded, inverted, opened } from './grid-morphology';

const mask = (...rows: string[]): Uint8Array => Uint8Array.from(rows.join(''), (c) => (c === '#' ? 1 : 0));
const shown = (cells: Uint8Array, w: number): string[] =>
  Array.from({ length: cells.length / w }, (_, y) =>
    [...cells.subarray(y * w, (y + 1) * w)].map((x) => (x ? '#' : '.')).join(''),
  );

describe('grid morphology', () => {
  const picture = mask('#####.', '###...', '###..#', '...#..');
  it('eroded keeps cells with four neighbours inside; the edge goes on beyond the picture', () => {
    expect(shown(eroded(picture, 4, 6), 6)).toEqual(['###...', '##....', '......', '......']);
  });
  it('opened takes thin parts off', () => {
    expect(shown(opened(picture, 4, 6), 6)).toEqual(['####..', '###...', '##....', '......']);
  });
  it('connected keeps what hangs together with a seed, not over corners', () => {
    expect(
      shown(
        connected(picture, 4, 6, (y, x) => y === 0 && x === 4),
        6,
      ),
    ).toEqual(['#####.', '###...', '###...', '......']);
    expect(connected(picture, 4, 6, (y, x) => y === 3 && x === 0).includes(1)).toBe(false);
  });
  it('inverted', () => {
    expect(shown(inverted(mask('#.', '.#')), 2)).toEqual(['.#', '#.']);
  });
});
