import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bleu, meanSentenceBleu } from './bleu';
import { clinicalF1 } from './clinical';
import { labelReport } from './labels/labeler';
import { measure } from './measure';
import { meteor15 } from './meteor/metrics';
import { pairById, pairReports } from './pairs';
import { withPtbTokens } from './ptb';
import { rougeL } from './rouge';
import { defaultMetrics, score } from './score';
import { splitTokens } from './tokens';

const words = [
  'the',
  'heart',
  'is',
  'enlarged',
  'no',
  'left',
  'effusion',
  '.',
  'édème',
  '肺',
  '🫁',
  'normal',
];
const report = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((list) => list.join(' ')),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);
const corpus = fc.array(fc.record({ reference: report, hypothesis: report }), { minLength: 1, maxLength: 8 });
const metrics = () => [
  ...defaultMetrics(),
  meanSentenceBleu(),
  clinicalF1({ uncertain: 'positive' }),
  meteor15(),
  withPtbTokens(rougeL()),
];
const pairsOf = (rows: { reference: string; hypothesis: string }[]) =>
  pairReports(
    rows.map((row) => row.reference),
    rows.map((row) => row.hypothesis),
  );

describe('properties', () => {
  it('every score lies in its range, whatever the text', () => {
    fc.assert(
      fc.property(corpus, (rows) => {
        for (const scorer of metrics()) {
          const { corpus: all, perReport } = measure(scorer, pairsOf(rows));
          expect(perReport).toHaveLength(rows.length);
          for (const scores of [all, ...perReport]) {
            for (const [key, value] of Object.entries(scores)) {
              if (/support|predicted/.test(key)) continue;
              expect(value, key).toBeGreaterThanOrEqual(scorer.range![0]);
              expect(value, key).toBeLessThanOrEqual(scorer.range![1] + 1e-9);
            }
          }
        }
      }),
    );
  });

  it('identity scores best', () => {
    fc.assert(
      fc.property(corpus, (rows) => {
        const same = rows.map(({ reference }) => ({ reference, hypothesis: reference }));
        for (const scorer of metrics()) {
          const best = measure(scorer, pairsOf(same)).corpus;
          for (const [key, value] of Object.entries(measure(scorer, pairsOf(rows)).corpus)) {
            if (/support|predicted|\/(?:precision|recall)\//.test(key)) continue;
            // A reference shorter than four words has no 4-gram to match, so its own BLEU-4 is not 1.
            if (key.startsWith('BLEU') && same.some((row) => splitTokens(row.reference).length < 4)) continue;
            expect(value, key).toBeLessThanOrEqual(best[key]! + 1e-9);
          }
        }
      }),
    );
  });

  it('the order of pairs does not matter', () => {
    fc.assert(
      fc.property(corpus, (rows) => {
        const pairs = pairsOf(rows);
        const forward = score(pairs, { protocol: 'full', metrics: metrics() });
        const backward = score([...pairs].reverse(), { protocol: 'full', metrics: metrics() });
        for (const [key, value] of Object.entries(forward.corpus)) {
          expect(backward.corpus[key], key).toBeCloseTo(value, 9);
        }
        const last = backward.perReport.at(-1)!;
        expect(last.id).toBe('0');
        for (const [key, value] of Object.entries(forward.perReport[0]!.scores)) {
          expect(last.scores[key], key).toBeCloseTo(value, 9);
        }
      }),
    );
  });

  it('a negation flips the label', () => {
    const findings = {
      Pneumothorax: 'pneumothorax',
      'Pleural Effusion': 'pleural effusion',
      Consolidation: 'focal consolidation',
      Edema: 'pulmonary edema',
      Atelectasis: 'atelectasis',
      Fracture: 'rib fracture',
      Pneumonia: 'pneumonia',
      'Lung Lesion': 'pulmonary nodule',
      Cardiomegaly: 'cardiomegaly',
    } as const;
    const frames: [yes: (x: string) => string, no: (x: string) => string][] = [
      [(x) => `There is ${x}.`, (x) => `There is no ${x}.`],
      [(x) => `${x} is seen.`, (x) => `${x} is not seen.`],
      [(x) => `The lungs show ${x} .`, (x) => `The lungs are without ${x} .`],
      [(x) => `positive for ${x} .`, (x) => `negative for ${x} .`],
      [(x) => `evidence of ${x} .`, (x) => `no evidence of ${x} .`],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(findings) as (keyof typeof findings)[])),
        fc.constantFrom(...frames),
        fc.boolean(),
        (name, [yes, no], upper) => {
          const cased = (text: string) => (upper ? text.toUpperCase() : text);
          expect(labelReport(cased(yes(findings[name])))).toEqual({ [name]: 1 });
          expect(labelReport(cased(no(findings[name])))).toEqual({ [name]: 0, 'No Finding': 1 });
        },
      ),
    );
  });

  it('takes reports of 10,000 words', () => {
    const long = 'there is no pleural effusion . the heart is enlarged . '.repeat(1000);
    const { corpus: scores } = score(pairsOf([{ reference: long, hypothesis: long }]), { protocol: 'full' });
    expect(scores.BLEU_4).toBeCloseTo(1, 6);
    expect(scores.ROUGE_L).toBeCloseTo(1, 12);
    expect(labelReport('no '.repeat(10_000))).toEqual({ 'No Finding': 1 });
  });
});

describe('score', () => {
  const pairs = pairReports(['Small effusion.', 'Clear lungs.'], ['Clear lungs.', 'Clear lungs.']);

  it('names protocol, facts and direction', () => {
    const result = score(pairs, { protocol: 'r2gen' });
    expect(result.protocol).toBe('r2gen');
    expect(result.facts).toEqual({ count: 2, distinctHypotheses: 1, distinctReferences: 2, lengthRatio: 1 });
    expect(result.directions['clinical/micro/f1/14']).toBe('higher');
    expect(result.directions).not.toHaveProperty('clinical/support/Edema');
    expect(result.perReport.map(({ id }) => id)).toEqual(['0', '1']);
  });

  it('says in one line what is wrong', () => {
    expect(() => score([], { protocol: 'full' })).toThrow(
      'score: expected at least one pair of reports, got none',
    );
    expect(() => score([pairs[0]!, pairs[0]!], { protocol: 'full' })).toThrow(
      'score: ids must be unique, got "0" in pairs 0 and 1',
    );
    expect(() => score(pairs, { protocol: 'full', metrics: [bleu(), bleu()] })).toThrow(
      'two metrics write "BLEU_1"',
    );
    expect(() => score([{ ...pairs[0]!, hypothesis: null as never }], { protocol: 'full' })).toThrow(
      'score: pair 0: hypothesis must be a string, got null',
    );
    expect(() => score(pairs, { protocol: 'cut' as never })).toThrow('"cut"');
    expect(() => pairReports(['a'], ['b', 'c'])).toThrow('got 1 references, 2 hypotheses, 1 ids');
    const named = (id: string) => ({ id, text: id });
    expect(() => pairById([named('a')], [named('b')])).toThrow('pairById: reference "a" has no hypothesis');
    expect(() => pairById([named('a'), named('b')], [named('b'), named('b')])).toThrow('"b" twice');
  });
});
