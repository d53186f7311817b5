import { writeFileAtomic } from '@raca/core/node';
import { CHEXPERT_14, labelReport } from '@raca/metrics';
import type { Command } from 'commander';
import { UsageError } from '../errors';
import { banner } from '../output';
import { readTable, toCsv } from '../table-file';
import { columnOf } from '../text-file';

export function addLabel(program: Command): void {
  program
    .command('label')
    .description(
      "label reports with CheXpert's 14 classes by rules: 1, 0, -1 (uncertain), empty (not mentioned)",
    )
    .requiredOption('--in <file>', 'CSV, JSON or JSONL with a column of reports')
    .option('--column <name>', 'default: report, findings or text')
    .requiredOption('--out <file>', 'CSV: the columns of the input and 14 more')
    .addHelpText('after', '\nExample:\n  raca label --in reports.csv --column report --out labels.csv')
    .action((flags: { in: string; column?: string; out: string }) => {
      banner();
      const { header, rows } = readTable(flags.in);
      const text = columnOf(flags.in, header, flags.column, ['report', 'findings', 'text']);
      const twice = CHEXPERT_14.find((name) => header.includes(name));
      if (twice)
        throw new UsageError(`${flags.in}: expected no column "${twice}", it is one of the 14 classes`);
      const labelled = rows.map((row) => {
        const labels = labelReport(row[text]);
        return [...row, ...CHEXPERT_14.map((name) => labels[name] ?? '')];
      });
      writeFileAtomic(flags.out, toCsv([...header, ...CHEXPERT_14], labelled));
      console.error(`${flags.out}: ${rows.length} reports`);
    });
}
