import { writeFileAtomic } from '@raca/core/node';
import { SPLITS, type Split } from '@raca/data';
import { openDataset } from '@raca/data/node';
import {
  type Comparison,
  compareSystems,
  constantReport,
  defaultScorers,
  metricRegistry,
  type Protocol,
  pairById,
  type ReportPair,
  resolveMetrics,
  type Scorer,
  score,
} from '@raca/metrics';
import { readParaphrases, readWordnet } from '@raca/metrics/node';
import { trivialBaselines } from '@raca/pipeline/node';
import type { Command } from 'commander';
import { oneOf, UsageError, wholeNumber } from '../errors';
import { comparisonTable, corpusTable, perReportText } from '../score-output';
import { worstReportsPage } from '../score-page';
import { readTexts } from '../text-file';

const PROTOCOL_NAMES = ['r2gen', 'full'] as const satisfies readonly Protocol[];
const HYPOTHESIS_COLUMNS = ['generated', 'hypothesis', 'prediction', 'report', 'text'];

interface ScoreFlags {
  references: string;
  hypotheses: string;
  idColumn?: string;
  referenceColumn?: string;
  hypothesisColumn?: string;
  protocol: Protocol;
  metrics?: string;
  wordnet?: string;
  paraphrases?: string;
  perReport?: string;
  compare?: string;
  data?: string;
  split: Split;
  resamples: number;
  seed: number;
  html?: string;
  json?: boolean;
}

type WithId = { readonly id: string };

export function addScore(program: Command): void {
  program
    .command('score')
    .description('score generated reports against references (two files matched by id: CSV, JSON or JSONL)')
    .requiredOption('--references <file>', 'file with an id and a text column')
    .requiredOption('--hypotheses <file>', 'file with an id and a text column; may be the same file')
    .option('--id-column <name>', 'default: id, study_id or dicom_id')
    .option('--reference-column <name>', 'default: reference, report, findings or text')
    .option('--hypothesis-column <name>', 'default: generated, hypothesis, prediction, report or text')
    .option(
      '--protocol <name>',
      'how the references were prepared, to stand beside the numbers',
      oneOf('--protocol', PROTOCOL_NAMES),
      'r2gen',
    )
    .option(
      '--metrics <names>',
      `comma-separated, from: ${Object.keys(metricRegistry()).join(', ')}, meteor-nltk`,
    )
    .option('--wordnet <folder>', "WordNet's files, for METEOR (Debian: /usr/share/wordnet)")
    .option('--paraphrases <file>', "METEOR's paraphrase table, packed with gzip or not")
    .option('--per-report <file>', 'write the scores of each report: CSV, or JSON and JSONL by the ending')
    .option('--compare <file>', 'reports of another system on the same studies: differences and significance')
    .option('--resamples <n>', 'of the significance test', wholeNumber('--resamples'), 10_000)
    .option('--seed <n>', 'of the significance test', wholeNumber('--seed', 0), 1)
    .option('--data <dir>', 'data set folder: its training studies give the constant and the nearest report')
    .option(
      '--split <name>',
      `with --data: where the studies are, ${SPLITS.join(', ')}`,
      oneOf('--split', SPLITS),
      'test',
    )
    .option('--html <file>', 'write a page with the worst reports and how their labels differ')
    .option('--json', 'print corpus and per-report scores as JSON')
    .addHelpText('after', '\nExample:\n  raca score --references references.csv --hypotheses generated.csv')
    .action(async (flags: ScoreFlags) => {
      const { protocol, resamples, seed } = flags;
      const resources = readResources(flags);
      const metrics = chosenMetrics(flags, resources);
      const pairs = readPairs(flags, flags.hypotheses);
      const other = flags.compare === undefined ? null : readPairs(flags, flags.compare);
      const system = score(pairs, { protocol, metrics });
      const texts = await baselineTexts(flags, pairs);
      const baselines = Object.fromEntries(
        Object.entries(texts).map(([name, said]) => [
          name,
          score(
            pairs.map((pair, i): ReportPair => ({ ...pair, hypothesis: said[i] })),
            { protocol, metrics },
          ),
        ]),
      );
      const meteor = metrics.some(({ id }) => id === 'meteor-1.5') ? resources : undefined;
      const comparison =
        other && compareSystems(pairs, other, { metrics: ofMeans(metrics), meteor, resamples, seed });
      if (flags.perReport) writeFileAtomic(flags.perReport, perReportText(flags.perReport, system));
      if (flags.html) writeFileAtomic(flags.html, worstReportsPage(pairs, system));
      if (flags.json) {
        console.log(
          JSON.stringify({
            ...system,
            baselines: {
              constant: { text: texts.constant[0], corpus: baselines.constant.corpus },
              ...(baselines.nearest && { nearest: { corpus: baselines.nearest.corpus } }),
            },
            ...(comparison && { comparison: { resamples, seed, scores: comparison satisfies Comparison[] } }),
          }),
        );
        return;
      }
      console.log(corpusTable(system, baselines));
      if (comparison) console.log(comparisonTable(comparison, resamples, seed));
    });
}

/** Most images a study whose thumbnails are compared. */
const VIEWS = 2;

/**
 * What the trivial baselines say for each pair.
 * @throws Error naming the first id that the data set's split lacks
 */
async function baselineTexts(
  { data, split }: ScoreFlags,
  pairs: readonly ReportPair[],
): Promise<{ constant: string[]; nearest?: string[] }> {
  if (data === undefined) {
    const typical = constantReport(pairs.map(({ reference }) => reference));
    return { constant: pairs.map(() => typical) };
  }
  const dataset = openDataset(data);
  const views = Math.min(VIEWS, ...dataset.annotation.train.map(({ image_path }) => image_path.length));
  const [constant, , nearest] = await trivialBaselines(dataset, split, { views });
  const places = new Map(nearest.ids.map((id, i) => [id, i]));
  const missing = pairs.find(({ id }) => !places.has(id));
  if (missing) throw new Error(`${data}: expected id "${missing.id}" in the ${split} split, found none`);
  const said = (texts: readonly string[]): string[] => pairs.map(({ id }) => texts[places.get(id)!]);
  return { constant: said(constant.texts), nearest: said(nearest.texts) };
}

type Resources = NonNullable<Parameters<typeof metricRegistry>[0]>;

/** @throws Error for a folder or file that is not as expected */
const readResources = ({ wordnet, paraphrases }: ScoreFlags): Resources => ({
  ...(wordnet !== undefined && { wordnet: readWordnet(wordnet) }),
  ...(paraphrases !== undefined && { paraphrases: readParaphrases(paraphrases) }),
});

/** @throws UsageError for a name that is not there */
function chosenMetrics({ metrics }: ScoreFlags, resources: Resources): Scorer[] {
  const registry = metricRegistry(resources);
  if (metrics === undefined) {
    const meteor = resources.wordnet === undefined ? [] : ['meteor-1.5', 'meteor-nltk'];
    return [...defaultScorers(), ...resolveMetrics(meteor, registry)];
  }
  const names = [...new Set(metrics.split(',').map((name) => name.trim()))];
  const unknown = names.find((name) => !Object.hasOwn(registry, name));
  if (unknown !== undefined) {
    const why = unknown.startsWith('meteor-nltk') ? ', with --wordnet' : '';
    throw new UsageError(
      `--metrics: expected names from ${Object.keys(registry).join(', ')}${why}, found "${unknown}"`,
    );
  }
  return resolveMetrics(names, registry);
}

/** Metrics whose corpus value is the mean over reports, as the comparison takes them beside its own. */
const ofMeans = (metrics: readonly Scorer[]): Scorer[] =>
  metrics.filter(({ id }) => /^(?:rouge-l|cider|sentence-bleu|meteor-nltk)(?:\+ptb)?$/.test(id));

function readPairs(flags: ScoreFlags, hypothesesFile: string): ReportPair[] {
  const { idColumn: id, references: referencesFile } = flags;
  const references = readTexts(referencesFile, {
    id,
    text: flags.referenceColumn,
    guesses: ['reference', 'report', 'findings', 'text'],
  });
  const hypotheses = readTexts(hypothesesFile, {
    id,
    text: flags.hypothesisColumn,
    guesses: HYPOTHESIS_COLUMNS,
  });
  requireIds(hypothesesFile, hypotheses, referencesFile, references);
  requireIds(referencesFile, references, hypothesesFile, hypotheses);
  return pairById(references, hypotheses);
}

/** @throws Error naming the first id of another file that a file lacks */
function requireIds(file: string, rows: readonly WithId[], other: string, wanted: readonly WithId[]): void {
  const ids = new Set(rows.map(({ id }) => id));
  const missing = wanted.filter(({ id }) => !ids.has(id));
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` (and ${missing.length - 1} more)` : '';
  throw new Error(`${file}: expected a row for id "${missing[0].id}" of ${other}, found none${more}`);
}
