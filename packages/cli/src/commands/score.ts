import { writeFileAtomic } from '@raca/core/node';
import { SPLITS } from '@raca/data';
import { compareSystems, type Metric, type ReportPair, rankSystems, score } from '@raca/metrics';
import type { Command } from 'commander';
import { oneOf, UsageError, wholeNumber } from '../errors';
import { progress } from '../output';
import { print, say } from '../say';
import { type BaselineFlags, baselineTexts } from '../score-baselines';
import { readScoreInput, type ScoreInput } from '../score-input';
import { chooseMetrics, METRIC_NAMES } from '../score-metrics';
import { comparisonTable, corpusTable, perReportText } from '../score-output';
import {
  CLEANINGS,
  PROTOCOL_NAMES,
  protocolOf,
  type TextFlags,
  textSteps,
  textWarnings,
} from '../score-texts';
import { SECTIONS_HELP } from '../sections-option';
import { systemsPage } from '../systems-page';
import { asText, type SystemsResult, systemsTables, systemsText } from '../systems-tables';
import { visible } from '../visible-line';
import { worstReportsPage } from '../worst-page';

interface ScoreFlags extends TextFlags, BaselineFlags {
  references: string;
  hypotheses: string[];
  idColumn?: string;
  referenceColumn?: string;
  hypothesisColumn?: string;
  header: boolean;
  byRow?: boolean;
  encoding?: string;
  allowMissing?: boolean;
  dropDuplicates?: boolean;
  metrics?: string;
  wordnet?: string;
  paraphrases?: string;
  referenceLabels?: string;
  hypothesisLabels?: string[];
  chexbert?: string;
  bertscore?: string;
  referenceRadgraph?: string;
  hypothesisRadgraph?: string[];
  perReport?: string;
  compare?: string;
  baseline?: string;
  resamples: number;
  seed: number;
  table?: string[];
  html?: string;
  raw?: boolean;
  json?: boolean;
}

export function addScore(program: Command): void {
  program
    .command('score')
    .description(
      'score generated reports of one or more systems against references (CSV, JSON, JSON Lines; forms of pandas, COCO, R2Gen and ReXrank)',
    )
    .requiredOption(
      '--references <file>',
      'file with ids and texts; several texts per id count as several references',
    )
    .requiredOption(
      '--hypotheses <files...>',
      'file with ids and texts, one per system; may be the file of the references',
    )
    .option('--id-column <name>', 'default: id, study_id, dicom_id, image_id or similar')
    .option('--reference-column <name>', 'default: reference, report, findings, text or similar')
    .option(
      '--hypothesis-column <name>',
      'default: generated, hypothesis, prediction, report, text or similar',
    )
    .option('--no-header', 'the first row is data, not a header; columns are named 1, 2, …')
    .option('--by-row', 'pair rows by position instead of by id')
    .option('--encoding <name>', 'encoding of the files if not UTF-8 or UTF-16, for example latin1')
    .option('--allow-missing', 'score only the studies found in every file, and print how many there are')
    .option('--drop-duplicates', 'keep one of several identical rows with the same id')
    .option(
      '--protocol <name>',
      'how the texts were prepared: full (as written; default), or r2gen (cleaned as R2Gen does, see --clean)',
      oneOf('--protocol', PROTOCOL_NAMES),
    )
    .option(
      '--clean <set>',
      `clean both sides as R2Gen does for ${CLEANINGS.join(' or ')}: protocol r2gen`,
      oneOf('--clean', CLEANINGS),
    )
    .option(
      '--sections <names>',
      `${SECTIONS_HELP}; texts without headers are used whole (default: every text as it is)`,
    )
    .option('--metrics <names>', `comma-separated, from: ${METRIC_NAMES}; or paths of metrics of your own`)
    .option('--wordnet <folder>', "WordNet's files, for METEOR (Debian: /usr/share/wordnet)")
    .option('--paraphrases <file>', "METEOR's paraphrase table, plain or gzip")
    .option(
      '--reference-labels <file>',
      'labels of the references for clinical F1: 14 columns with 1, 0, -1 or nothing',
    )
    .option('--hypothesis-labels <files...>', 'labels of the generated reports, one file per system')
    .option(
      '--chexbert <dir>',
      'label by your CheXbert instead of rules: a folder with model.onnx and vocab.txt',
    )
    .option('--bertscore <dir>', 'add BERTScore of your model: a folder with model.onnx and vocab.txt')
    .option(
      '--reference-radgraph <file>',
      'add F1 of graphs that your RadGraph wrote: its JSON for the references',
    )
    .option('--hypothesis-radgraph <files...>', 'the same for the generated reports, one file per system')
    .option(
      '--per-report <file>',
      'write the scores of each report as CSV, JSON or JSON Lines, by the file extension',
    )
    .option(
      '--compare <file>',
      'reports of another system on the same studies: adds differences and significance tests',
    )
    .option(
      '--baseline <name>',
      'with several systems: test the others only against this one (its file name without extension)',
    )
    .option(
      '--resamples <n>',
      'number of resamples for intervals and significance tests',
      wholeNumber('--resamples'),
      10_000,
    )
    .option('--seed <n>', 'random seed of intervals and significance tests', wholeNumber('--seed', 0), 1)
    .option(
      '--data <dir>',
      'data set folder whose training studies provide the constant and nearest-neighbour baselines',
    )
    .option(
      '--split <name>',
      `split that holds the studies, with --data or an annotation.json: ${SPLITS.join(', ')}`,
      oneOf('--split', SPLITS),
      'test',
    )
    .option(
      '--table <files...>',
      'write tables with intervals and tests to files ending in .md, .tex, .csv or .html',
    )
    .option('--html <file>', 'write a page: the worst reports of one system, or tables and plots of several')
    .option('--raw', 'do not escape cells that begin with = + - @, which spreadsheets treat as formulas')
    .option('--json', 'print corpus and per-report scores as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  raca score --references references.csv --hypotheses generated.csv' +
        '\n  raca score --references references.csv --hypotheses a.csv b.csv c.csv --table table.tex page.html' +
        '\n  raca score --references gts.csv --hypotheses res.csv --clean iu_xray',
    )
    .action(runScore);
}

async function runScore(flags: ScoreFlags): Promise<void> {
  const { references, hypotheses, compare } = flags;
  checkFlags(flags);
  const files = compare === undefined ? hypotheses : [...hypotheses, compare];
  const input = readScoreInput(references, files, {
    ...flags,
    header: flags.header ? undefined : false,
    steps: textSteps(flags),
  });
  const protocol = protocolOf(flags, input.systems);
  const { metrics, labels, baselineMetrics } = await chooseMetrics(flags, input);
  const warnings = [...input.warnings, ...textWarnings(input, metrics, flags.sections)];
  for (const line of warnings) say(`warning: ${line}`);
  const [first] = input.systems;
  const texts = input.labelsOnly ? {} : await baselineTexts(flags, first.pairs);
  const baselines = Object.fromEntries(
    Object.entries(texts).map(([name, said]) => {
      const pairs = first.pairs.map((pair, i): ReportPair => ({ ...pair, hypothesis: said[i] }));
      return [name, score(pairs, { protocol, metrics: baselineMetrics })];
    }),
  );
  const scored = input.systems
    .slice(0, hypotheses.length)
    .map(({ name, pairs }) => ({ system: name, scores: score(pairs, { protocol, metrics }) }));
  const about = { protocol, cleaning: flags.clean ?? null, read: input.read, warnings, labels };
  const printed = {
    ...about,
    baselines: Object.fromEntries(
      Object.entries(baselines).map(([name, { corpus }]) => [
        name,
        { ...(name === 'constant' && { text: texts.constant?.[0] }), corpus },
      ]),
    ),
  };
  if (flags.perReport)
    writeFileAtomic(flags.perReport, perReportText(flags.perReport, scored, flags.raw ?? false));
  if (hypotheses.length === 1 && !flags.table) {
    const system = scored[0].scores;
    const { resamples, seed } = flags;
    const comparison =
      compare !== undefined &&
      compareSystems(first.pairs, input.systems[1].pairs, { metrics, resamples, seed });
    if (flags.html) writeFileAtomic(flags.html, worstReportsPage(first.pairs, system));
    if (flags.json) {
      print(
        JSON.stringify({
          ...system,
          ...printed,
          ...(comparison && { comparison: { resamples, seed, scores: comparison } }),
        }),
      );
      return;
    }
    print([...input.read, corpusTable(system, baselines, flags.clean)].join('\n'));
    if (metrics.some(({ name }) => name.startsWith('clinical-f1'))) print(`Clinical labels by ${labels}.`);
    if (comparison) print(comparisonTable(comparison, resamples, seed));
    return;
  }
  const result = rank(flags, input, metrics, {
    ...about,
    cleaning: flags.clean,
    baselines,
    scores: scored[0].scores,
  });
  writeSystems(flags, result);
  if (flags.json) {
    const each = Object.fromEntries(scored.map(({ system, scores }) => [system, scores]));
    print(
      JSON.stringify({ ...printed, ...result.report, resamples: flags.resamples, seed: flags.seed, each }),
    );
    return;
  }
  print([...input.read, '', asText(systemsTables(result))].join('\n'));
}

/** @throws UsageError for options that do not go together */
function checkFlags({ hypotheses, compare, clean, protocol, table = [], baseline }: ScoreFlags): void {
  const other = table.find((path) => !/\.(?:md|tex|csv|html)$/i.test(path));
  if (other !== undefined) {
    throw new UsageError(
      `--table: expected files that end in .md, .tex, .csv or .html, found "${visible(other)}"`,
    );
  }
  if (compare !== undefined && (hypotheses.length > 1 || table.length > 0)) {
    throw new UsageError(
      '--compare: expected with one file of --hypotheses; several files are compared anyway',
    );
  }
  if (baseline !== undefined && hypotheses.length < 2) {
    throw new UsageError('--baseline: expected with several files of --hypotheses');
  }
  if (clean !== undefined && protocol === 'full') {
    throw new UsageError(`--clean: expected without --protocol full: cleaned texts are protocol r2gen`);
  }
}

function rank(
  { resamples, seed, baseline }: ScoreFlags,
  { systems }: ScoreInput,
  metrics: readonly Metric[],
  {
    scores,
    ...about
  }: Pick<SystemsResult, 'protocol' | 'cleaning' | 'labels' | 'read' | 'warnings' | 'baselines'> & {
    readonly scores: { readonly corpus: Readonly<Record<string, number>> };
  },
): SystemsResult {
  const bar = progress('resampling');
  try {
    const onProgress = (share: number): void => bar.update(Math.round(100 * share), 100);
    const report = rankSystems(systems, { metrics, resamples, seed, baseline, onProgress });
    const prefix = 'clinical/support/';
    const support = Object.fromEntries(
      Object.entries(scores.corpus).flatMap(([key, value]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
      ),
    );
    return { report, resamples, seed, support, ...about };
  } finally {
    bar.stop();
  }
}

function writeSystems({ table = [], html, raw = false }: ScoreFlags, result: SystemsResult): void {
  for (const path of [...table, ...(html === undefined ? [] : [html])]) {
    writeFileAtomic(path, systemsText(path, result, raw) ?? systemsPage(result));
  }
}
