import '@tensorflow/tfjs-backend-cpu';
import type { Memory, TokenBatch } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Raca } from '../../model';
import { type PointedFinding, pointedAt, pointing } from './pointing';

const left = [1, 1, 0, 0];
const right = [0, 0, 0, 1];
const finding = (f: Partial<PointedFinding>): PointedFinding => ({
  attention: [0.7, 0.1, 0.1, 0.1],
  others: [],
  patches: left,
  classes: ['Edema'],
  ...f,
});

describe('pointing', () => {
  it('counts best patches inside, worked by hand', () => {
    const { classes, ...all } = pointing([
      finding({ others: [right, left] }), // hit; others: miss, and both of two equal ones inside
      finding({ patches: right, classes: ['Fracture', 'Edema'], others: [right] }), // miss; the other hits
      finding({ patches: [1, 0, 0, 0], attention: [0.4, 0.4, 0.2, 0], classes: ['Fracture'] }), // one of two equal
    ]);
    expect(all.findings).toBe(3);
    expect(all.hits).toBe((1 + 0 + 0.5) / 3);
    expect(all.others).toBe((0.5 + 1) / 2);
    expect(all.mass).toBeCloseTo((0.8 + 0.1 + 0.4) / 3, 12);
    expect(all.chance).toBe((2 + 1 + 1) / 4 / 3);
    expect(Object.keys(classes)).toEqual(['Edema', 'Fracture']);
    expect(classes.Edema).toMatchObject({ findings: 2, hits: 0.5 });
    expect(classes.Fracture).toMatchObject({ findings: 2, hits: 0.25 });
  });

  it('finds what a sentence looks at and the others do not', () => {
    const others = [
      [0.5, 0.1, 0.2, 0.2],
      [0.7, 0.1, 0.1, 0.1],
    ];
    // over their mean (0.6, 0.1, 0.15, 0.15) the second patch gains most, 3 times
    const scores = pointing([finding({ attention: [0.5, 0.3, 0.1, 0.1], others, patches: [0, 1, 0, 0] })]);
    expect(scores).toMatchObject({ hits: 0, relative: 1, others: 0 });
  });

  it('does not pay for a look at everything', () => {
    const { hits, chance, mass } = pointing([finding({ attention: [0.25, 0.25, 0.25, 0.25] })]);
    expect([hits, chance, mass]).toEqual([0.5, 0.5, 0.5]);
  });
});

/** A model whose decoder looks at patch j when it has read tokens up to j, and so writes token j + 1. */
const stepByStep = (decoder: object): Raca => {
  const memory = { tokens: null, present: null, parts: [{ name: 'patches', from: 0, to: 7 }] };
  return {
    parts: { decoder },
    separator: 1,
    encode: () => ({}),
    locate: () => ({}),
    read: () => ({ memory, prefix: null, reading: null }),
  } as unknown as Raca;
};
const attention = (_: Memory, { shape: [b, t] }: TokenBatch): tf.Tensor =>
  tf.tile(tf.expandDims(tf.eye(t), 0), [b, 1, 1]);

describe('pointedAt', () => {
  const tokens = { ids: Int32Array.of(0, 5, 1, 6, 7, 1, 0, 0), shape: [1, 8] as const };
  const asked = [[{ span: { from: 3, to: 6 }, patches: new Uint8Array(7), classes: ['Edema' as const] }]];
  const batch = { study: null as never, tokens };

  it("takes the positions that write the sentence's tokens", () => {
    const [found] = pointedAt(stepByStep({ attention }), batch, asked);
    const third = Math.fround(1 / 3);
    expect(Array.from(found.attention)).toEqual([0, 0, third, third, third, 0, 0]);
    expect(found.others.map((other) => Array.from(other))).toEqual([[0.5, 0.5, 0, 0, 0, 0, 0]]);
    expect(found.classes).toEqual(['Edema']);
  });

  it('asks nothing of a decoder that does not show its attention', () => {
    expect(pointedAt(stepByStep({}), batch, asked)).toEqual([]);
  });
});
