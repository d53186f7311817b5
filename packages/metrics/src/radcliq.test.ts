import { expect, it } from 'vitest';
import { radCliq, radCliqBleu } from './radcliq';
import { describeWithShared, parseTable, readShared } from './testing/shared';

const file = 'data/iu_scored/scored_reports.csv';

describeWithShared('RadCliQ on published scores', [file], () => {
  it('follows from its parts within 1e-6; the BLEU part from the text within 1e-9', () => {
    const rows = parseTable(readShared(file));
    expect(rows).toHaveLength(280);
    for (const row of rows) {
      const parts = {
        bleu: Number(row.bleu),
        bertscore: Number(row.bertscore),
        semb: Number(row.semb),
        radgraph: Number(row.radgraph_combined),
      };
      expect(Math.abs(radCliq(parts, 'v0') - Number(row.radcliq_v0)), row.r2gen_id).toBeLessThan(1e-6);
      expect(Math.abs(radCliq(parts) - Number(row.radcliq_v1)), row.r2gen_id).toBeLessThan(1e-6);
      expect(Math.abs(radCliqBleu(row.reference!, row.generated!) - parts.bleu), row.r2gen_id).toBeLessThan(
        1e-9,
      );
    }
  });
});

// 2.45014309 - 1.65084536 - 0.99477170 - 1.24521631, by hand.
it('identical reports', () => {
  expect(radCliq({ bleu: 1, bertscore: 1, semb: 1, radgraph: 1 })).toBeCloseTo(-1.44069028, 8);
});
