import type { ReportPair } from '@raca/metrics';
import { describe, expect, it } from 'vitest';
import { isBetter, selectionScore } from './selection';

const NORMAL = 'the heart is normal . the lungs are clear .';
const EFFUSION = 'there is a large left pleural effusion .';
const CARDIOMEGALY = 'the heart is enlarged .';
const PNEUMOTHORAX = 'there is a small pneumothorax .';

/** Seven of ten studies are normal, as in screening. */
const REFERENCES = [...new Array(7).fill(NORMAL), EFFUSION, EFFUSION, CARDIOMEGALY];

const scored = (write: (reference: string, i: number) => string) =>
  selectionScore(
    REFERENCES.map(
      (reference, i): ReportPair => ({ id: `${i}`, reference, hypothesis: write(reference, i) }),
    ),
  );

describe('selectionScore', () => {
  it('gives nothing to texts that say nothing', () => {
    for (const nothing of ['', '<unk>', '<unk> <unk> . <unk> .', '.']) {
      const { findingsMacroF1, findingsAndBleu4 } = scored(() => nothing);
      expect(findingsMacroF1).toBe(0);
      expect(findingsAndBleu4).toBeLessThan(1e-3); // BLEU's 1e-15 instead of 0
    }
  });

  it('prefers one finding found to the normal report for everybody', () => {
    const finder = scored((_, i) => (i === 7 ? EFFUSION : NORMAL));
    const constant = scored(() => NORMAL);
    expect(constant.findingsMacroF1).toBe(0);
    expect(finder.findingsAndBleu4).toBeGreaterThan(constant.findingsAndBleu4);
    expect(constant).toMatchObject({ texts: 10, distinct: 1, mostFrequent: 10 });
    expect(finder).toMatchObject({ texts: 10, distinct: 2, mostFrequent: 9 });
  });

  it('is the mean F1 of the findings that the references have', () => {
    // effusion: 1 of 2 found, nothing wrong: 2/3. Cardiomegaly: found in its one study and in a normal one: 2/3.
    // A pneumothorax that no reference has is no class of its own, and no text names anything else.
    const { findingsMacroF1 } = scored(
      (_, i) => [PNEUMOTHORAX, CARDIOMEGALY][i] ?? (i > 7 ? REFERENCES[i] : NORMAL),
    );
    expect(findingsMacroF1).toBeCloseTo(2 / 3, 6);
    expect(scored((reference) => reference).findingsMacroF1).toBe(1);
  });

  it('is 0 where no reference has a finding', () => {
    const pair = { id: '1', reference: NORMAL, hypothesis: EFFUSION };
    expect(selectionScore([pair]).findingsMacroF1).toBe(0);
  });
});

describe('isBetter', () => {
  it('goes by the score, then by the lower loss', () => {
    const best = { score: 0.5, loss: 3 };
    expect(isBetter({ score: 0.6, loss: 9 }, best)).toBe(true);
    expect(isBetter({ score: 0.4, loss: 1 }, best)).toBe(false);
    expect(isBetter({ score: 0.5, loss: 2.9 }, best)).toBe(true);
    expect(isBetter({ score: 0.5, loss: 3 }, best)).toBe(false);
    expect(isBetter({ score: 0, loss: 8 }, null)).toBe(true);
  });

  it('takes a known loss for lower than one that was not noted', () => {
    expect(isBetter({ score: 0.5, loss: 8 }, { score: 0.5, loss: null })).toBe(true);
    expect(isBetter({ score: 0.5, loss: null }, { score: 0.5, loss: null })).toBe(false);
  });
});
