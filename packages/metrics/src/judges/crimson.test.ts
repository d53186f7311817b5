import { describe, expect, it } from 'vitest';
import { measure } from '../measure';
import { pairReports } from '../pairs';
import { readGolden } from '../testing/golden';
import { judgeByCrimson } from './ask-crimson';
import { type CrimsonTable, crimson, crimsonScore } from './crimson';

const { tables } = readGolden<{
  tables: { name: string; judge: CrimsonTable; expected: Record<string, number> }[];
}>('crimson');

it.each(tables)('$name', ({ judge, expected }) => {
  const values: Record<string, number> = crimsonScore(judge);
  for (const [name, value] of Object.entries(expected)) expect(values[name], name).toBeCloseTo(value, 12);
});

it('is a metric of tables: the mean over reports', () => {
  const pairs = pairReports(['', ''], ['', '']);
  const { corpus } = measure(
    crimson(({ id }) => tables[1 + Number(id)]!.judge),
    pairs,
  );
  expect(corpus.crimson).toBeCloseTo((2 / 3 - 1 / 3) / 2, 12);
});

describe('the local judge', () => {
  const answers = (...contents: unknown[]): typeof fetch => {
    const left = contents.map((content) => JSON.stringify(content));
    return async () =>
      new Response(JSON.stringify({ choices: [{ message: { content: left.shift() ?? '{}' } }] }));
  };
  const model = { url: 'http://127.0.0.1:1/v1', model: 'test' };
  const pairs = pairReports(['Edema.'], ['Edema.']);

  it('fills the table; the key names the model', async () => {
    const { judge, expected } = tables.find(({ name }) => name === 'attribute errors')!;
    const result = await judgeByCrimson(pairs, { ...model, fetch: answers(judge) });
    expect(result.corpus['crimson-style/test']).toBeCloseTo(expected.crimson!, 12);
    expect(result.tables).toEqual([judge]);
  });

  it('is asked again where the answer does not fit', async () => {
    const [{ judge }] = tables as [(typeof tables)[0]];
    const wrong = {
      ...judge,
      reference_findings: [{ id: 'R1', finding: 'edema', clinical_significance: 'very' }],
    };
    await expect(judgeByCrimson(pairs, { ...model, retries: 0, fetch: answers(wrong) })).rejects.toThrow(
      /^report "0": .*reference_findings\[0\]\.clinical_significance must be one of urgent, /,
    );
    const result = await judgeByCrimson(pairs, { ...model, fetch: answers(wrong, judge) });
    expect(result.corpus['crimson-style/test']).toBe(1);
  });
});
