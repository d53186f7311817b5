import { COLUMNS, type Evaluation, PROTOCOLS, shownIn, tableRows } from '@raca/pipeline/node';
import Table from 'cli-table3';

/** The score table of both protocols as text. */
export function scoreTable({ systems, split, studies }: Evaluation, source: string): string {
  const tables = (['r2gen', 'full'] as const).map((protocol) => {
    const head = ['', ...COLUMNS.map(({ label, direction }) => label + ARROWS[direction])];
    const table = new Table({ head, style: { head: [], border: [] } });
    for (const { system, scores } of tableRows(systems, protocol)) {
      table.push([system, ...COLUMNS.map((column) => shownIn(column, scores[column.key]))]);
    }
    return `${PROTOCOLS[protocol]}\n${table.toString()}`;
  });
  const note = /phantom/i.test(source)
    ? '\nPhantom images: these numbers measure a test bed, not radiology.'
    : '';
  return `${split} split, ${studies.length} studies, data: ${source}${note}\n\n${tables.join('\n\n')}`;
}

const ARROWS = { higher: ' ↑', lower: ' ↓', '': '' };
