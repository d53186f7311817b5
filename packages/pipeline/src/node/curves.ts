/** One point of a training curve. */
export interface CurvePoint {
  readonly epoch: number;
  readonly curve: string;
  readonly value: number;
}

/** Line chart of training curves as SVG text; `title` names the vertical axis. */
export async function curvesSvg(points: readonly CurvePoint[], title: string): Promise<string> {
  // loaded when needed: both are slow to load, and CommonJS cannot require vega
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec } = compile({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 380,
    height: 190,
    data: { values: [...points] },
    mark: { type: 'line', point: true, strokeWidth: 2 },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', title: 'epoch', axis: { tickMinStep: 1 } },
      y: { field: 'value', type: 'quantitative', title, scale: { zero: false } },
      color: { field: 'curve', type: 'nominal', title: null, legend: { orient: 'top' } },
    },
  });
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
