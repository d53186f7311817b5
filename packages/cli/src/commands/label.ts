import { writeFileAtomic } from '@raca/core/node';
import { CHEXPERT_14, CONVENTIONS, type Mention, type RuleLabeler, ruleLabeler } from '@raca/metrics';
import type { Command } from 'commander';
import { bareNumbers } from '../bare-numbers';
import { columnOf } from '../column-names';
import { UsageError } from '../errors';
import { labelledText } from '../labelled-table';
import { banner } from '../output';
import { say } from '../say';
import { parseSections, SECTIONS_DEFAULT, SECTIONS_HELP } from '../sections-option';
import { isNothing, noText, readTable, type TextTable, toCsv } from '../table-file';
import { visible } from '../visible-line';

interface LabelFlags {
  readonly in: string;
  readonly column?: string;
  readonly encoding?: string;
  readonly out: string;
  readonly convention: string;
  readonly sections: string;
  readonly evidence?: string | true;
  readonly raw?: boolean;
}

export function addLabel(program: Command): void {
  program
    .command('label')
    .description(
      "label reports with CheXpert's 14 classes by rules: 1, 0, -1 (uncertain), empty (not mentioned)",
    )
    .requiredOption('--in <file>', 'CSV, JSON or JSON Lines with a column of reports')
    .option('--column <name>', 'default: report, else findings and impression together, else text')
    .option('--encoding <name>', 'encoding of the file if not UTF-8 or UTF-16, for example latin1')
    .requiredOption(
      '--out <file>',
      'file to write: the columns of the input and 14 more, as CSV, JSON or JSON Lines by the file extension',
    )
    .option(
      '--convention <name>',
      `labeling convention: ${Object.keys(CONVENTIONS).join(' or ')}`,
      'chexpert',
    )
    .option('--sections <names>', SECTIONS_HELP, SECTIONS_DEFAULT)
    .option(
      '--evidence [file]',
      'also write a CSV with the class, value, phrase, cue and sentence of every mention (default: OUT.evidence.csv)',
    )
    .option('--raw', 'do not escape cells that begin with = + - @, which spreadsheets treat as formulas')
    .addHelpText(
      'after',
      '\nExample:\n  raca label --in reports.csv --column report --out labels.csv --evidence',
    )
    .action(label);
}

function label(flags: LabelFlags): void {
  banner();
  if (!Object.hasOwn(CONVENTIONS, flags.convention)) {
    throw new UsageError(
      `--convention: expected ${Object.keys(CONVENTIONS).join(' or ')}, found "${flags.convention}"`,
    );
  }
  const labeler = ruleLabeler(CONVENTIONS[flags.convention as keyof typeof CONVENTIONS], {
    sections: parseSections(flags.sections),
  });
  const table = readTable(flags.in, { encoding: flags.encoding });
  const { header, rows } = table;
  const twice = CHEXPERT_14.find((name) => header.includes(name));
  if (twice)
    throw new UsageError(`${visible(flags.in)}: expected no column "${twice}", it is one of the 14 classes`);
  const texts = textsOf(table, flags.column);
  const numbers = bareNumbers(texts).length;
  if (numbers > 0) {
    say(`warning: ${numbers} of ${texts.length} reports are numbers only: was the right column read?`);
  }
  const labels = texts.map((text) => labeler.labelReport(text));
  writeFileAtomic(flags.out, labelledText(flags.out, table, labels, flags.raw));
  say(`${visible(flags.out)}: ${rows.length} reports, convention ${flags.convention}`);
  const silent = labels.filter((values) => Object.keys(values).length === 0).length;
  if (silent > 0) {
    say(`${silent} of them have no label at all: no text in the sections ${flags.sections}, or no words`);
  }
  if (flags.evidence === undefined) return;
  const path = flags.evidence === true ? `${flags.out}.evidence.csv` : flags.evidence;
  const evidence = texts.flatMap((text, i) => evidenceOf(labeler, text, i + 1));
  writeFileAtomic(path, toCsv(EVIDENCE, evidence, { raw: flags.raw }));
  say(`${visible(path)}: what each label comes from`);
}

/** The text of each row: one column, or findings and impression with their headers. */
function textsOf(table: TextTable, asked: string | undefined): string[] {
  const { path, header, rows } = table;
  const [findings, impression] = ['findings', 'impression'].map((name) => header.indexOf(name));
  if (asked === undefined && !header.includes('report') && findings >= 0 && impression >= 0)
    return rows.map((_, i) => {
      const [first, second] = [findings, impression].map((column) => textAt(table, i, column));
      return `FINDINGS: ${first}\n\nIMPRESSION: ${second}`;
    });
  const column = columnOf(path, header, asked, ['report', 'findings', 'impression', 'text']);
  return rows.map((row, i) => {
    if (isNothing(row[column])) throw noText(table, i, column);
    return textAt(table, i, column);
  });
}

/** One cell; nothing is an empty text. @throws Error in one line for what is no text */
function textAt(table: TextTable, i: number, column: number): string {
  const cell = table.rows[i][column];
  if (isNothing(cell)) return '';
  if (typeof cell !== 'string') throw noText(table, i, column);
  return cell;
}

const EVIDENCE = ['row', 'class', 'value', 'side', 'severity', 'phrase', 'cue', 'sentence'];

const evidenceOf = (labeler: RuleLabeler, text: string, row: number): (string | number)[][] =>
  labeler
    .findMentions(text)
    .map(({ label, value, side, severity, phrase, cue, sentence }: Mention) => [
      row,
      label,
      value,
      side ?? '',
      severity ?? '',
      phrase,
      cue ?? '',
      sentence.trim(),
    ]);
