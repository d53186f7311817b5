import { describe, expect, it } from 'vitest';
import { type PlanValue, planSchema, runPlan, type Scene, thingOf } from '../index';

/** `[left, top, right, bottom]` in pixels. */
const box = (name: string, [left, top, right, bottom]: number[]) => ({
  name,
  box: { left, top, right, bottom },
});
const THINGS = [
  box('opacity', [10, 10, 20, 20]),
  box('opacity', [60, 10, 100, 40]),
  box('lung', [0, 0, 50, 100]),
];
const scene: Scene = {
  spacing: { x: 0.5, y: 2 },
  find: (name) => THINGS.filter((thing) => thing.name === name),
};
const run = (steps: object[], result = 'x'): PlanValue =>
  runPlan(planSchema.parse({ steps: [{ verb: 'find', name: 'opacity', as: 'o' }, ...steps], result }), scene);
const lung = { verb: 'find', name: 'lung', as: 'l' };

describe('runPlan', () => {
  const cases: [string, object[], PlanValue][] = [
    ['exists', [{ verb: 'exists', of: 'o', as: 'x' }], true],
    ['width of the largest', [{ verb: 'width', of: 'o', as: 'x' }], 20],
    ['height', [{ verb: 'height', of: 'o', as: 'x' }], 60],
    ['diameter of a box', [{ verb: 'diameter', of: 'o', as: 'x' }], 60],
    ['dimensions', [{ verb: 'dimensions', of: 'o', as: 'x' }], [20, 60]],
    [
      'what lies within',
      [lung, { verb: 'within', of: 'o', in: 'l', as: 'i' }, { verb: 'width', of: 'i', as: 'x' }],
      5,
    ],
    [
      'what is large enough',
      [
        { verb: 'filter', of: 'o', by: 'height', min: 30, as: 'f' },
        { verb: 'width', of: 'f', as: 'x' },
      ],
      20,
    ],
    [
      'the shortest distance', // to (25, 50): from (15, 15) it is hypot(5, 70) mm, from (80, 25) less
      [lung, { verb: 'distance', from: 'o', to: 'l', as: 'x' }],
      Math.hypot(27.5, 50),
    ],
    [
      'nothing to measure',
      [
        { verb: 'filter', of: 'o', by: 'width', min: 99, as: 'f' },
        { verb: 'diameter', of: 'f', as: 'x' },
      ],
      null,
    ],
  ];
  it.each(cases)('%s', (_, steps, expected) => {
    const found = run(steps);
    if (typeof expected === 'number') expect(found).toBeCloseTo(expected, 9);
    else expect(found).toEqual(expected);
  });

  it('measures a mask from corner to corner, and looks at its pixels', () => {
    // a staircase of 1 × 1 pixels from (0, 0) to (3, 4): 4 wide and 5 high
    const values = new Uint8Array(10 * 10);
    for (const [x, y] of [
      [0, 0],
      [1, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ])
      values[y * 10 + x] = 1;
    const thing = thingOf('line', values, 10)!;
    const own: Scene = { spacing: { x: 1, y: 1 }, find: () => [thing], segment: () => [thing] };
    const steps = [
      { verb: 'segment', name: 'line', as: 'a' },
      { verb: 'diameter', of: 'a', as: 'd' },
    ];
    expect(runPlan(planSchema.parse({ steps, result: 'd' }), own)).toBeCloseTo(Math.hypot(4, 5), 9);
    const inside = planSchema.parse({
      steps: [
        { verb: 'find', name: 'x', as: 'a' },
        { verb: 'within', of: 'a', in: 'a', as: 'b' },
      ],
      result: 'b',
    });
    expect(runPlan(inside, own)).toEqual([]); // the middle of its box, (2, 2.5), is no pixel of it
    expect(thingOf('none', new Uint8Array(4), 2)).toBeNull();
  });

  it('says where a scene cannot outline', () => {
    const plan = planSchema.parse({ steps: [{ verb: 'segment', name: 'a', as: 'a' }], result: 'a' });
    expect(() => runPlan(plan, scene)).toThrow(/expected a scene that outlines "a"/);
  });
});

describe('planSchema', () => {
  const find = { verb: 'find', name: 'a', as: 'a' };
  const width = { verb: 'width', of: 'a', as: 'w' };
  const refused: [string, object, RegExp][] = [
    [
      'a verb that there is not',
      { steps: [{ verb: 'eval', code: '1', as: 'a' }], result: 'a' },
      /verb|discriminator|expected/i,
    ],
    ['code', { steps: [{ ...find, code: '1' }], result: 'a' }, /code/],
    ['a result of later', { steps: [width, find], result: 'w' }, /things named "a" .* no such result/],
    [
      'a length for things',
      { steps: [find, width, { verb: 'exists', of: 'w', as: 'x' }], result: 'x' },
      /found a length/,
    ],
    ['a name twice', { steps: [find, find], result: 'a' }, /a new name, found "a" again/],
    ['no such answer', { steps: [find], result: 'b' }, /expected one of a, found "b"/],
    ['no end', { steps: new Array(33).fill(find), result: 'a' }, /32/],
  ];
  it.each(refused)('refuses %s', (_, plan, message) => {
    expect(planSchema.safeParse(plan).error?.issues[0].message).toMatch(message);
  });
});
