import type { RowScore } from './analysis';

/** One score of all rows as SVG text: a point a seed, a tick at the mean, a bar for the interval. */
export async function intervalsSvg(
  scores: readonly RowScore[],
  rows: readonly string[],
  title: string,
): Promise<string> {
  // loaded when needed: both are slow to load, and CommonJS cannot require vega
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const means = scores.map(({ row, mean, interval: [low, high] }) => ({ row, mean, low, high }));
  const seeds = scores.flatMap(({ row, values }) => values.map(({ value }) => ({ row, value })));
  const y = { field: 'row', type: 'nominal', sort: [...rows], title: null } as const;
  const { spec } = compile({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 380,
    height: { step: 26 },
    layer: [
      {
        data: { values: means },
        mark: { type: 'rule', strokeWidth: 4, opacity: 0.35 },
        encoding: {
          y,
          x: { field: 'low', type: 'quantitative', title, scale: { zero: false } },
          x2: { field: 'high' },
        },
      },
      {
        data: { values: means },
        mark: { type: 'tick', thickness: 2, size: 16 },
        encoding: { y, x: { field: 'mean', type: 'quantitative' } },
      },
      {
        data: { values: seeds },
        mark: { type: 'point', filled: true, size: 40, color: '#cf222e' },
        encoding: { y, x: { field: 'value', type: 'quantitative' } },
      },
    ],
  });
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
