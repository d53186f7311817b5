import { CHEXPERT_14, type ChexpertClass, type LabelValue, type ReportLabels } from '@raca/metrics';
import { findColumn } from './column-names';
import type { TextTable } from './table-file';
import { type Cell, foundIn } from './table-json';
import { chooseSide, rowsOf } from './text-file';
import { shown, visible } from './visible-line';

/** Other names of a class in files of CheXpert's line. */
const ALSO: Partial<Record<ChexpertClass, string>> = { 'Lung Opacity': 'Airspace Opacity' };

const placesOf = ({ path, header }: TextTable): number[] =>
  CHEXPERT_14.map((name) => findColumn(path, header, [name, ...(name in ALSO ? [ALSO[name]!] : [])]));

/** Whether a table has a column for each of the 14 classes. */
export const isLabelTable = (table: TextTable): boolean => placesOf(table).every((place) => place >= 0);

/** Labels of a table: by the ids it has, and in the order of its rows. */
export interface LabelFile {
  /** Null where the table has no ids. */
  readonly byId: ReadonlyMap<string, ReportLabels> | null;
  readonly inOrder: readonly ReportLabels[];
}

/**
 * Reads labels as CheXpert's labeler, CheXbert and `raca label` write them: 14 columns with 1, 0, -1 (uncertain) or nothing.
 * @throws Error naming file, row and column
 */
export function labelsOf(table: TextTable, idColumn?: string): LabelFile {
  const { path, header, rows } = table;
  const places = placesOf(table);
  const lacking = CHEXPERT_14.filter((_, c) => places[c] < 0);
  if (lacking.length > 0) {
    throw new Error(
      `${visible(path)}: expected a column for each of the 14 classes, found none for ${lacking.join(', ')}`,
    );
  }
  const inOrder = rows.map((cells, row) => {
    const labels: ReportLabels = {};
    CHEXPERT_14.forEach((name, c) => {
      const value = labelOf(cells[places[c]]);
      if (value === 'wrong') {
        const cell = cells[places[c]];
        const found = typeof cell === 'string' ? `"${shown(cell)}"` : foundIn(cell);
        throw new Error(
          `${visible(path)}: row ${row + 1}: ${shown(header[places[c]])}: expected 1, 0, -1 or nothing, found ${found}`,
        );
      }
      if (value !== undefined) labels[name] = value;
    });
    return labels;
  });
  const side = chooseSide('labels', table, { idColumn, text: null });
  if (side.id === null) return { byId: null, inOrder };
  const ids = rowsOf(side, () => '').rows;
  return { byId: new Map(ids.map(({ id, row }) => [id, inOrder[row]])), inOrder };
}

function labelOf(cell: Cell): LabelValue | undefined | 'wrong' {
  if (typeof cell !== 'string') return 'found' in cell && cell.found === 'nothing' ? undefined : 'wrong';
  const text = cell.trim().toLowerCase();
  if (text === '' || text === 'nan') return undefined;
  const value = Number(text.replace(/^'/, ''));
  return value === 1 || value === 0 || value === -1 ? value : 'wrong';
}
