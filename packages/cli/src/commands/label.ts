import { writeFileAtomic } from '@raca/core/node';
import { CHEXPERT_14, CONVENTIONS, type Mention, type RuleLabeler, ruleLabeler } from '@raca/metrics';
import type { Command } from 'commander';
import { UsageError } from '../errors';
import { banner } from '../output';
import { parseSections, SECTIONS_DEFAULT, SECTIONS_HELP } from '../sections-option';
import { readTable, toCsv } from '../table-file';
import { columnOf } from '../text-file';

interface Flags {
  readonly in: string;
  readonly column?: string;
  readonly out: string;
  readonly convention: string;
  readonly sections: string;
  readonly evidence?: string | true;
}

export function addLabel(program: Command): void {
  program
    .command('label')
    .description(
      "label reports with CheXpert's 14 classes by rules: 1, 0, -1 (uncertain), empty (not mentioned)",
    )
    .requiredOption('--in <file>', 'CSV, JSON or JSONL with a column of reports')
    .option('--column <name>', 'default: report, else findings and impression together, else text')
    .requiredOption('--out <file>', 'the columns of the input and 14 more; JSON if named .json, else CSV')
    .option('--convention <name>', `whose rules count: ${Object.keys(CONVENTIONS).join(' or ')}`, 'chexpert')
    .option('--sections <names>', SECTIONS_HELP, SECTIONS_DEFAULT)
    .option(
      '--evidence [file]',
      'also write a CSV with class, value, phrase, cue and sentence of every mention (default OUT.evidence.csv)',
    )
    .addHelpText(
      'after',
      '\nExample:\n  raca label --in reports.csv --column report --out labels.csv --evidence',
    )
    .action(label);
}

function label(flags: Flags): void {
  banner();
  if (!Object.hasOwn(CONVENTIONS, flags.convention)) {
    throw new UsageError(
      `--convention: expected ${Object.keys(CONVENTIONS).join(' or ')}, found "${flags.convention}"`,
    );
  }
  const labeler = ruleLabeler(CONVENTIONS[flags.convention as keyof typeof CONVENTIONS], {
    sections: parseSections(flags.sections),
  });
  const { header, rows } = readTable(flags.in);
  const read = textReader(flags.in, header, flags.column);
  const twice = CHEXPERT_14.find((name) => header.includes(name));
  if (twice) throw new UsageError(`${flags.in}: expected no column "${twice}", it is one of the 14 classes`);

  const texts = rows.map(read);
  const labels = texts.map((text) => labeler.labelReport(text));
  const labelled = rows.map((row, i) => [...row, ...CHEXPERT_14.map((name) => labels[i][name] ?? '')]);
  writeTable(flags.out, [...header, ...CHEXPERT_14], labelled);
  console.error(`${flags.out}: ${rows.length} reports, convention ${flags.convention}`);
  const silent = labels.filter((values) => Object.keys(values).length === 0).length;
  if (silent > 0) {
    console.error(
      `${silent} of them have no label at all: no text in the sections ${flags.sections}, or no words`,
    );
  }
  if (flags.evidence === undefined) return;
  const path = flags.evidence === true ? `${flags.out}.evidence.csv` : flags.evidence;
  writeFileAtomic(
    path,
    toCsv(
      EVIDENCE,
      texts.flatMap((text, i) => evidenceOf(labeler, text, i + 1)),
    ),
  );
  console.error(`${path}: what each label comes from`);
}

/** The text of a row: one column, or findings and impression with their headers. */
function textReader(path: string, header: readonly string[], asked: string | undefined) {
  const [findings, impression] = ['findings', 'impression'].map((name) => header.indexOf(name));
  const both = asked === undefined && !header.includes('report') && findings >= 0 && impression >= 0;
  if (both) {
    return (row: readonly string[]) => `FINDINGS: ${row[findings]}\n\nIMPRESSION: ${row[impression]}`;
  }
  const column = columnOf(path, header, asked, ['report', 'findings', 'impression', 'text']);
  return (row: readonly string[]) => row[column];
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

function writeTable(
  path: string,
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  if (!/\.json$/i.test(path)) {
    writeFileAtomic(path, toCsv(header, rows));
    return;
  }
  const records = rows.map((row) =>
    Object.fromEntries(
      header.map((name, i) => [name, row[i] === '' && i >= header.length - 14 ? null : row[i]]),
    ),
  );
  writeFileAtomic(path, `${JSON.stringify(records, null, 1)}\n`);
}
