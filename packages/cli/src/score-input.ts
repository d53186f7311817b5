import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { ReportPair } from '@raca/metrics';
import { columnOf, findColumn, HYPOTHESIS_COLUMNS, REFERENCE_COLUMNS } from './column-names';
import { UsageError } from './errors';
import { isLabelTable } from './label-file';
import { type Cell, isNothing, readTable, type TableOptions, type TextTable } from './table-file';
import {
  chooseSide,
  type RowOptions,
  requirePairing,
  rowsOf,
  type TextRow,
  type TextSide,
} from './text-file';
import { shown, visible } from './visible-line';

/** A change of every text of both sides before it is scored. */
export interface TextStep {
  /** In words, for the user. */
  readonly name: string;
  readonly apply: (text: string) => string;
}

export interface InputOptions extends RowOptions, Pick<TableOptions, 'encoding' | 'header' | 'split'> {
  readonly idColumn?: string;
  readonly referenceColumn?: string;
  readonly hypothesisColumn?: string;
  /** Pairs rows by position. */
  readonly byRow?: boolean;
  /** Done to references and hypotheses, in this order. */
  readonly steps: readonly TextStep[];
}

/** What one file of generated reports says of the studies. */
export interface SystemInput {
  readonly name: string;
  readonly file: string;
  readonly pairs: readonly ReportPair[];
}

export interface ScoreInput {
  readonly systems: readonly SystemInput[];
  /** Which files and columns were read, a line each. */
  readonly read: readonly string[];
  readonly warnings: readonly string[];
  /** Tables with labels and no text. */
  readonly labelsOnly: boolean;
}

/**
 * References and the reports of one or more systems, paired by id or by row: all systems over the same studies.
 * @throws Error or UsageError in one line that names file, row and column
 */
export function readScoreInput(
  referencesFile: string,
  hypothesesFiles: readonly string[],
  options: InputOptions,
): ScoreInput {
  const tables = new Map<string, TextTable>();
  const tableOf = (path: string): TextTable => {
    const known = tables.get(path) ?? readTable(path, options);
    tables.set(path, known);
    return known;
  };
  const others = hypothesesFiles.map(tableOf);
  const table = tableOf(referencesFile);
  const { byRow, idColumn } = options;
  const labelsOnly = [table, ...others].every((one) => isLabelTable(one) && !hasText(one, options));
  const rexrank = !labelsOnly && isRexrank(table, others, options);
  const side = chooseSide('references', table, {
    idColumn,
    byRow,
    text: labelsOnly
      ? null
      : rexrank
        ? table.header.indexOf('section_findings')
        : textColumn(table, options.referenceColumn, REFERENCE_COLUMNS),
    ...(rexrank && { made: 'section_findings and section_impression joined as ReXrank does' }),
  });
  const sides = others.map((other) =>
    chooseSide('hypotheses', other, {
      idColumn,
      byRow,
      text: labelsOnly ? null : textColumn(other, options.hypothesisColumn, HYPOTHESIS_COLUMNS),
    }),
  );
  const warnings = sides.flatMap((other) => (rexrank || labelsOnly ? [] : sameColumn(side, other, options)));
  if (!byRow) for (const other of sides) requirePairing(side, other);
  const references = rowsOf(side, rexrank ? (row) => rexrankText(table, row) : cellsOf(side), options);
  const systems = sides.map((other) => rowsOf(other, cellsOf(other), options));
  const counted = (file: string, { withoutText, repeated }: typeof references): string[] => [
    ...(withoutText > 0 ? [`${visible(file)}: ${withoutText} rows without text left out`] : []),
    ...(repeated > 0 ? [`${visible(file)}: ${repeated} rows that say the same of the same id left out`] : []),
  ];
  warnings.push(...counted(referencesFile, references));
  systems.forEach((system, s) => {
    warnings.push(...counted(hypothesesFiles[s], system));
  });
  const matched = match(
    { file: referencesFile, rows: references.rows, byRow: side.id === null },
    systems.map(({ rows }, s) => ({ file: hypothesesFiles[s], rows })),
    options.allowMissing ?? false,
  );
  warnings.push(...matched.warnings);
  const step = (text: string): string => options.steps.reduce((said, { apply }) => apply(said), text);
  const names = systemNames(hypothesesFiles);
  return {
    systems: matched.systems.map((rows, s) => ({
      name: names[s],
      file: hypothesesFiles[s],
      pairs: matched.references.map(({ id, texts }, i): ReportPair => {
        if (rows[i].texts.length > 1) {
          throw new Error(
            `${visible(hypothesesFiles[s])}: row ${rows[i].row + 1}: expected one text for id "${shown(id)}", found a list of ${rows[i].texts.length}`,
          );
        }
        const all = texts.map(step);
        const pair = { id, reference: all[0], hypothesis: step(rows[i].texts[0]) };
        return all.length > 1 ? { ...pair, references: all } : pair;
      }),
    })),
    read: [side.read, ...sides.map(({ read }) => read), ...options.steps.map(({ name }) => name)],
    warnings,
    labelsOnly,
  };
}

/** Without names the only column, or the second of two, holds the texts. */
function textColumn(table: TextTable, asked: string | undefined, guesses: readonly string[]): number {
  const { path, header, headless } = table;
  if (asked === undefined && headless && header.length <= 2) return header.length - 1;
  return columnOf(path, header, asked, guesses);
}

const cellsOf =
  ({ table, text }: TextSide): ((row: number) => Cell) =>
  (row) =>
    text === null ? '' : table.rows[row][text];

const hasText = ({ path, header }: TextTable, { referenceColumn, hypothesisColumn }: InputOptions): boolean =>
  [referenceColumn, hypothesisColumn].some((name) => name !== undefined && header.includes(name)) ||
  findColumn(path, header, [...REFERENCE_COLUMNS, ...HYPOTHESIS_COLUMNS]) >= 0;

/** ReXrank's form: sections as references, the answer in `model_prediction`. */
const isRexrank = (table: TextTable, others: readonly TextTable[], options: InputOptions): boolean =>
  options.referenceColumn === undefined &&
  ['section_findings', 'section_impression'].every((name) => table.header.includes(name)) &&
  others.every(({ header }) => header.includes('model_prediction'));

/** The text that ReXrank scores against: built anew from the sections, "None" where one is missing. */
function rexrankText({ header, rows }: TextTable, row: number): Cell {
  const section = (name: string): Cell => {
    const cell = rows[row][header.indexOf(name)];
    return isNothing(cell) ? 'None' : cell;
  };
  const [findings, impression] = [section('section_findings'), section('section_impression')];
  if (typeof findings !== 'string') return findings;
  if (typeof impression !== 'string') return impression;
  return `Findings: ${findings} Impression: ${impression}`;
}

/**
 * One file whose one column would be both sides scores perfectly and says nothing.
 * @returns a warning where no other column could be meant
 * @throws UsageError where another could
 */
function sameColumn(references: TextSide, hypotheses: TextSide, options: InputOptions): string[] {
  const { path, header, rows } = references.table;
  if (!sameFile(path, hypotheses.table.path) || references.text !== hypotheses.text) return [];
  const name = shown(header[references.text ?? 0]);
  const letters = (column: number): boolean =>
    rows.filter((row) => typeof row[column] === 'string' && /\p{L}{2}/u.test(row[column])).length >
    rows.length / 2;
  const candidates = header.filter((_, i) => i !== references.text && i !== references.id && letters(i));
  const explicit = options.referenceColumn !== undefined && options.hypothesisColumn !== undefined;
  if (candidates.length > 0 && !explicit) {
    throw new UsageError(
      `${visible(path)}: both sides would read column ${name}: name the generated text with --hypothesis-column ` +
        `(there are also ${candidates.map((other) => shown(other)).join(', ')})`,
    );
  }
  return [
    `${visible(path)}: both sides read column ${name} of one file: this scores the text against itself`,
  ];
}

function sameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return a === b;
  }
}

interface FileRows {
  readonly file: string;
  readonly rows: readonly TextRow[];
}

/** Brings all files to the same studies in the order of the references. */
function match(
  references: FileRows & { readonly byRow: boolean },
  systems: readonly FileRows[],
  allowMissing: boolean,
): { references: readonly TextRow[]; systems: readonly (readonly TextRow[])[]; warnings: string[] } {
  const warnings: string[] = [];
  if (references.byRow) {
    for (const { file, rows } of systems) {
      if (rows.length === references.rows.length) continue;
      throw new Error(
        `${visible(file)}: expected ${references.rows.length} rows as in ${visible(references.file)}, found ` +
          `${rows.length}; without ids rows are paired by position`,
      );
    }
    if (systems.some(({ file }) => !sameFile(file, references.file))) {
      warnings.push('no ids: rows were paired by position');
    }
    return { references: references.rows, systems: systems.map(({ rows }) => rows), warnings };
  }
  const found = systems.map((system) => byId(references, system, warnings));
  const lacking = found.map((rows) => references.rows.filter((_, i) => rows[i] === undefined).length);
  systems.forEach((system, s) => {
    const extra = system.rows.length - (references.rows.length - lacking[s]);
    if (lacking[s] === 0 && extra === 0) return;
    if (!allowMissing) throw missing(references, system, found[s]);
    warnings.push(
      `${visible(system.file)}: ${lacking[s]} of ${references.rows.length} references have no row, ${extra} rows have no reference`,
    );
  });
  const common = references.rows.flatMap((_, i) => (found.every((rows) => rows[i]) ? [i] : []));
  if (common.length === 0) {
    throw new Error(
      `${visible(systems[0].file)}: expected ids of ${visible(references.file)}, found none of them`,
    );
  }
  if (common.length < references.rows.length) {
    warnings.push(`scored: the ${common.length} of ${references.rows.length} studies that all files have`);
  }
  return {
    references: common.map((i) => references.rows[i]),
    systems: found.map((rows) => common.map((i) => rows[i]!)),
    warnings,
  };
}

/** The row of a system for each reference: by the id as it is, else by the id as a number (101.0 and 101, 007 and 7). */
function byId(references: FileRows, system: FileRows, warnings: string[]): (TextRow | undefined)[] {
  const exact = new Map(system.rows.map((row) => [row.id, row]));
  const found = references.rows.map(({ id }) => exact.get(id));
  const lacking = found.indexOf(undefined);
  if (lacking < 0) return found;
  const numbers = new Map(system.rows.map((row) => [asNumber(row.id), row]));
  const wanted = new Set(references.rows.map(({ id }) => asNumber(id)));
  if (numbers.size < system.rows.length || wanted.size < references.rows.length) return found;
  const again = references.rows.map(({ id }) => numbers.get(asNumber(id)));
  const other = again[lacking];
  if (again.filter(Boolean).length <= found.filter(Boolean).length || !other) return found;
  warnings.push(
    `ids were compared as numbers: "${shown(other.id)}" in ${visible(system.file)} is ` +
      `"${shown(references.rows[lacking].id)}" in ${visible(references.file)}`,
  );
  return again;
}

const asNumber = (id: string): string =>
  id
    .trim()
    .replace(/^0+(?=\d)/, '')
    .replace(/^(\d+)\.0+$/, '$1');

/** An error that names the first id that one file has and the other lacks. */
function missing(references: FileRows, system: FileRows, found: readonly (TextRow | undefined)[]): Error {
  const say = (file: string, id: string, other: string, count: number): Error => {
    const more = count > 1 ? ` (and ${count - 1} more)` : '';
    return new Error(
      `${visible(file)}: expected a row for id "${shown(id)}" of ${visible(other)}, found none${more}; ` +
        '--allow-missing scores the studies that all files have',
    );
  };
  const lacking = references.rows.filter((_, i) => found[i] === undefined);
  if (lacking.length > 0) return say(system.file, lacking[0].id, references.file, lacking.length);
  const used = new Set(found);
  const extra = system.rows.filter((row) => !used.has(row));
  return say(references.file, extra[0].id, system.file, extra.length);
}

/** Short names of files, or whole paths where short ones are the same. */
function systemNames(files: readonly string[]): string[] {
  const short = files.map((file) => basename(file).replace(/(?:\.[a-z]+)?(?:\.gz)?$/i, ''));
  return short.map((name, i) =>
    visible(short.filter((other) => other === name).length > 1 ? files[i] : name),
  );
}
