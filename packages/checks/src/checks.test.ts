import { describe, expect, it } from 'vitest';
import {
  checkReport,
  type Measurable,
  measurementCheck,
  type PlacesJudged,
  type PriorKnown,
  placeCheck,
  planSchema,
  priorExamCheck,
  repaired,
  type SaidPlace,
  type Side,
  type SidesKnown,
  sentenceSpans,
  sideCheck,
  thingOf,
} from './index';

const sentences = (report: string): string[] =>
  sentenceSpans(report).map(({ from, to }) => report.slice(from, to));

describe('sentenceSpans', () => {
  it.each([
    ['A 1.5 cm nodule. Clear lungs.', ['A 1.5 cm nodule. ', 'Clear lungs.']],
    ['no effusion . heart normal', ['no effusion . ', 'heart normal']],
    ['Really?! Yes.', ['Really?! ', 'Yes.']],
    ['', []],
  ])('%s', (report, expected) => expect(sentences(report)).toEqual(expected));
});

describe('priorExamCheck', () => {
  const check = priorExamCheck((sentence) => /unchanged|stable/.test(sentence));
  const report = 'The heart is enlarged. Effusion is unchanged. No pneumothorax.';

  it('takes comparisons out where there was nothing to compare with', () => {
    const remarks = checkReport<PriorKnown>(report, { hasPrior: false }, [check]);
    expect(remarks).toMatchObject([{ kind: 'prior-exam', verdict: 'contradicted', repair: '' }]);
    expect(repaired(report, remarks)).toBe('The heart is enlarged. No pneumothorax.');
  });

  it('knows nothing of them where there was', () => {
    const remarks = checkReport<PriorKnown>(report, { hasPrior: true }, [check]);
    expect(remarks).toMatchObject([{ verdict: 'unknown', repair: null }]);
    expect(repaired(report, remarks)).toBe(report);
  });
});

describe('sideCheck', () => {
  const check = sideCheck((sentence) =>
    [...sentence.matchAll(/(left|right|bilateral) (effusion|opacity)/gi)].map(([, side, finding]) => ({
      finding,
      side: side.toLowerCase() as Side | 'bilateral',
    })),
  );
  const look = (report: string, sides: SidesKnown['sides']) => {
    const remarks = checkReport(report, { sides }, [check]);
    return [remarks.map(({ verdict }) => verdict), repaired(report, remarks)];
  };
  const cases: [string, SidesKnown['sides'], string[], string][] = [
    ['Left effusion.', { effusion: ['left'] }, ['supported'], 'Left effusion.'],
    ['Left effusion.', { effusion: ['right'] }, ['contradicted'], 'Right effusion.'],
    ['Left effusion.', {}, ['unknown'], 'Left effusion.'],
    ['Clear. Left effusion. Heart big.', { effusion: [] }, ['contradicted'], 'Clear. Heart big.'],
    ['bilateral effusion', { effusion: ['left', 'right'] }, ['supported'], 'bilateral effusion'],
    ['bilateral effusion', { effusion: ['left'] }, ['contradicted'], 'bilateral effusion'],
    // two sides in one sentence: no word can be exchanged for sure
    [
      'Left effusion and right opacity.',
      { effusion: ['right'], opacity: ['right'] },
      ['contradicted', 'supported'],
      'Left effusion and right opacity.',
    ],
  ];
  it.each(cases)('%s beside %j', (report, sides, verdicts, text) =>
    expect(look(report, sides)).toEqual([verdicts, text]),
  );
});

describe('placeCheck', () => {
  const place = (side: Side) => ({ region: 0, side });
  const read = (sentence: string): SaidPlace[] =>
    [...sentence.matchAll(/nodule in the (left|right) lung/g)].map(([, side]) => ({
      finding: 'nodule',
      place: place(side as Side),
      words: `${side} lung`,
      instead: (['left', 'right'] as const).map((other) => ({ place: place(other), words: `${other} lung` })),
    }));
  const seen =
    (chances: Record<Side, number>): PlacesJudged['judge'] =>
    (claims) =>
      claims.map((claim) => chances[claim.place.side!]);
  const report = 'There is a nodule in the left lung. The heart is normal.';
  const look = (left: number, right: number) => {
    const remarks = checkReport(report, { judge: seen({ left, right }) }, [placeCheck(read)]);
    return [remarks[0].verdict, repaired(report, remarks)];
  };

  it('supports, doubts, moves or removes by probability', () => {
    expect(look(0.9, 0.1)).toEqual(['supported', report]);
    expect(look(0.3, 0.9)).toEqual(['unknown', report]);
    expect(look(0.1, 0.8)).toEqual([
      'contradicted',
      'There is a nodule in the right lung. The heart is normal.',
    ]);
    expect(look(0.1, 0.2)).toEqual(['contradicted', 'The heart is normal.']);
  });

  it('refuses thresholds out of order', () => {
    expect(() => placeCheck(read, { below: 0.6 })).toThrow(
      /0 ≤ below ≤ from ≤ 1, got below 0.6 and from 0.5/,
    );
  });
});

/** A disc of radius 10 pixels about (30, 40) in a picture of 100 × 80, by its definition. */
const disc = Uint8Array.from({ length: 100 * 80 }, (_, i) =>
  Number((i % 100) + 0.5 - 30) ** 2 + (Math.floor(i / 100) + 0.5 - 40) ** 2 <= 100 ? 1 : 0,
);

describe('measurementCheck', () => {
  const nodule = thingOf('nodule', disc, 100)!;
  const dot = (name: string, x: number, y: number) => ({
    name,
    box: { left: x - 1, top: y - 1, right: x + 1, bottom: y + 1 },
  });
  const things = [dot('tip', 50, 20), dot('carina', 53, 60), nodule];
  const study: Measurable = {
    scene: {
      spacing: { x: 1, y: 1.25 },
      find: (name) => things.filter((thing) => thing.name === name),
      segment: (name) => things.filter((thing) => thing.name === name && 'mask' in thing),
    },
  };
  const check = measurementCheck([
    {
      name: 'tube tip above the carina',
      words: ['tube', 'carina'],
      tolerance: 5,
      plan: planSchema.parse({
        steps: [
          { verb: 'find', name: 'tip', as: 'tip' },
          { verb: 'find', name: 'carina', as: 'carina' },
          { verb: 'distance', from: 'tip', to: 'carina', as: 'd' },
        ],
        result: 'd',
      }),
    },
    {
      name: 'nodule',
      words: ['nodule'],
      tolerance: 3,
      plan: planSchema.parse({
        steps: [
          { verb: 'segment', name: 'nodule', as: 'n' },
          { verb: 'width', of: 'n', as: 'w' },
        ],
        result: 'w',
      }),
    },
    {
      name: 'mass',
      words: ['mass'],
      plan: planSchema.parse({
        steps: [
          { verb: 'find', name: 'mass', as: 'm' },
          { verb: 'diameter', of: 'm', as: 'd' },
        ],
        result: 'd',
      }),
    },
  ]);
  const look = (report: string) => {
    const remarks = checkReport(report, study, [check]);
    return [remarks.map(({ verdict }) => verdict), repaired(report, remarks)];
  };

  it.each([
    // √(3² + (40 · 1.25)²) = 50.09 mm
    ['Tube tip 5 cm above the carina.', ['supported'], 'Tube tip 5 cm above the carina.'],
    ['Tube tip is 2.5 cm above the carina.', ['contradicted'], 'Tube tip is 5.0 cm above the carina.'],
    ['Tube tip is 70-mm above the carina.', ['contradicted'], 'Tube tip is 50-mm above the carina.'],
    ['A 20 mm nodule.', ['supported'], 'A 20 mm nodule.'],
    ['A 3.5 cm nodule.', ['contradicted'], 'A 2.0 cm nodule.'],
    ['A 2 cm mass.', ['unknown'], 'A 2 cm mass.'],
    ['The heart is 15 cm wide. A nodule.', [], 'The heart is 15 cm wide. A nodule.'],
  ])('%s', (report, verdicts, text) => expect(look(report)).toEqual([verdicts, text]));

  it('runs beside other checks; a sentence that goes is not repaired first', () => {
    const prior = priorExamCheck((sentence) => sentence.includes('unchanged'));
    const report = 'Clear. Unchanged: unchanged tube 2 cm above the carina.';
    const remarks = checkReport<Measurable & PriorKnown>(report, { ...study, hasPrior: false }, [
      check,
      prior,
    ]);
    expect(remarks.map(({ kind }) => kind)).toEqual(['prior-exam', 'measurement']);
    expect(repaired(report, remarks)).toBe('Clear.');
  });
});
