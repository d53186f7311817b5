import { writeFileAtomic } from '@raca/core/node';
import { CHEXPERT_14, labelReport } from '@raca/metrics';
import type { Command } from 'commander';
import { columnOf } from '../column-names';
import { UsageError } from '../errors';
import { labelledText } from '../labelled-table';
import { banner } from '../output';
import { isNothing, noText, readTable, type TextTable } from '../table-file';
import { visible } from '../visible-line';

interface LabelFlags {
  in: string;
  column?: string;
  encoding?: string;
  out: string;
  raw?: boolean;
}

export function addLabel(program: Command): void {
  program
    .command('label')
    .description(
      "label reports with CheXpert's 14 classes by rules: 1, 0, -1 (uncertain), empty (not mentioned)",
    )
    .requiredOption('--in <file>', 'CSV, JSON or JSON Lines with a column of reports')
    .option('--column <name>', 'default: report, findings or text; where findings are empty, impression')
    .option('--encoding <name>', 'of the file, where it is not UTF-8 or UTF-16, for example latin1')
    .requiredOption(
      '--out <file>',
      'the columns of the input and 14 more: CSV, or JSON and JSON Lines by the ending',
    )
    .option('--raw', 'write cells that begin with = + - @ as they are, although spreadsheets compute them')
    .addHelpText('after', '\nExample:\n  raca label --in reports.csv --column report --out labels.csv')
    .action((flags: LabelFlags) => {
      banner();
      const table = readTable(flags.in, { encoding: flags.encoding });
      const { header, rows } = table;
      const twice = CHEXPERT_14.find((name) => header.includes(name));
      if (twice)
        throw new UsageError(
          `${visible(flags.in)}: expected no column "${twice}", it is one of the 14 classes`,
        );
      const { texts, notes } = reportsOf(table, flags.column);
      const labels = texts.map((text) => labelReport(text));
      writeFileAtomic(flags.out, labelledText(flags.out, table, labels, flags.raw));
      for (const note of notes) console.error(`warning: ${visible(flags.in)}: ${note}`);
      console.error(`${visible(flags.out)}: ${rows.length} reports`);
    });
}

/** The text of each row: the column, or the impression where the findings are empty. */
function reportsOf(table: TextTable, asked: string | undefined): { texts: string[]; notes: string[] } {
  const { path, header, rows } = table;
  const column = columnOf(path, header, asked, ['report', 'findings', 'text']);
  const name = header[column];
  const other = asked === undefined && name === 'findings' ? header.indexOf('impression') : -1;
  let [instead, empty] = [0, 0];
  const texts = rows.map((row, i) => {
    const cell = row[column];
    const text = isNothing(cell) && other >= 0 ? '' : cell;
    if (typeof text !== 'string') throw noText(table, i, column);
    if (text.trim() !== '') return text;
    const second = other >= 0 ? row[other] : '';
    if (typeof second === 'string' && second.trim() !== '') {
      instead++;
      return second;
    }
    empty++;
    return text;
  });
  return {
    texts,
    notes: [
      ...(instead > 0
        ? [`${instead} of ${rows.length} rows have no findings: their impression was labelled`]
        : []),
      ...(empty > 0
        ? [`${empty} of ${rows.length} reports are empty: labelled No Finding, as CheXpert does`]
        : []),
    ],
  };
}
