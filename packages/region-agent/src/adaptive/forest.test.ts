import { describe, expect, it } from 'vitest';
import { grown } from './forest';

describe('grown', () => {
  it('cuts where every way has to climb most', () => {
    // between the seeds at both ends, the largest step is from the fourth cell to the fifth
    const gray = Float32Array.from([0, 0.1, 0.2, 0.3, 0.9, 0.8, 0.6]);
    expect([...grown(gray, Uint8Array.from([1, 0, 0, 0, 0, 0, 2]), 1, 7)]).toEqual([1, 1, 1, 1, 2, 2, 2]);
  });
  it('shares even ground by distance', () => {
    const labels = grown(new Float32Array(8).fill(0.5), Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 2]), 1, 8);
    expect([...labels]).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  });
  it('goes around a wall, also over corners', () => {
    // by hand: the right column is reached from the left through the gap below (steps 0), not from the seed on the wall
    const gray = Float32Array.from([0, 1, 0, 0, 1, 0, 0, 0, 0]);
    const seeds = Uint8Array.from([1, 2, 0, 0, 0, 0, 0, 0, 0]);
    expect([...grown(gray, seeds, 3, 3)]).toEqual([1, 2, 1, 1, 2, 1, 1, 1, 1]);
  });
  it('leaves all alone without seeds', () => {
    expect([...grown(new Float32Array(4), new Uint8Array(4), 2, 2)]).toEqual([0, 0, 0, 0]);
  });
});
