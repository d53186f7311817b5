import { describe, expect, it } from 'vitest';
import { measure } from '../measure';
import { spearman } from '../spearman';
import { describeWithShared, parseTable, readShared } from '../testing/shared';
import type { Metric } from '../types';
import type { LetterCase } from './graph';
import { labelSimilarity, radCliqRules, weightedTokenF1 } from './radcliq-rules';
import { radgraphRulesF1 } from './radgraph-rules';

const file = 'data/iu_scored/scored_reports.csv';

describeWithShared('stand-ins by rules against published model-based scores', [file], () => {
  function agreement(scorer: Metric, key: string, column: string): number {
    const rows = parseTable(readShared(file));
    expect(rows).toHaveLength(280);
    const pairs = rows.map((row) => ({
      id: row.r2gen_id!,
      reference: row.reference!,
      hypothesis: row.generated!,
    }));
    const values = measure(scorer, pairs).perReport.map((scores) => scores[key]!);
    return spearman(
      values,
      rows.map((row) => Number(row[column])),
    );
  }

  // Floors a little under what was measured (README); 0.75 and 0.80 are what we promise.
  it.each([
    ['ignore', '', 0.75, 0.88],
    ['keep', '+case', 0.88, 0.93],
  ] as [LetterCase, string, number, number][])('letter case: %s', (letterCase, suffix, graph, composite) => {
    expect(
      agreement(radgraphRulesF1({ letterCase }), `radgraph-rules-f1/combined${suffix}`, 'radgraph_combined'),
    ).toBeGreaterThanOrEqual(graph);
    expect(
      agreement(radCliqRules({ letterCase }), `radcliq-rules/v1${suffix}`, 'radcliq_v1'),
    ).toBeGreaterThanOrEqual(composite);
  });
});

describe('parts of the composite, by hand', () => {
  it('labels: cosine over what is said', () => {
    expect(labelSimilarity({ Edema: 1, Fracture: 0 }, { Edema: 1 })).toBeCloseTo(1 / Math.sqrt(2), 12);
    expect(labelSimilarity({ Edema: 1 }, { Edema: 0 })).toBe(0);
    expect(labelSimilarity({}, {})).toBe(1);
    expect(labelSimilarity({}, { Edema: 1 })).toBe(0);
  });

  it('tokens: weighted F1 of bags', () => {
    const weight = (token: string) => (token === 'b' ? 3 : 1);
    // Common a (1) and one b (3); all together 1 + 3 + 3 and 1 + 3 + 1.
    expect(weightedTokenF1(['a', 'b', 'b'], ['a', 'b', 'c'], weight)).toBeCloseTo(8 / 12, 12);
    expect(weightedTokenF1([], [], weight)).toBe(1);
  });

  it('the same text is best, and better than its opposite', () => {
    const score = (reference: string, hypothesis: string) =>
      measure(radCliqRules(), [{ id: 'a', reference, hypothesis }]).corpus['radcliq-rules/v1']!;
    const text = 'Small left pleural effusion.';
    // 2.45014309 - 1.65084536 - 0.99477170 - 1.24521631, RadCliQ-v1 with every part 1.
    expect(score(text, text)).toBeCloseTo(-1.44069028, 8);
    expect(score(text, 'No pleural effusion.')).toBeGreaterThan(0);
  });
});
