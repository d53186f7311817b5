import { resolve } from 'node:path';
import {
  asMetric,
  clinicalF1,
  clinicalF1OfLabels,
  defaultMetrics,
  type LabelPair,
  type Metric,
  metricRegistry,
  type ReportLabels,
  type ReportPair,
  resolveMetrics,
} from '@raca/metrics';
import { readParaphrases, readWordnet } from '@raca/metrics/node';
import { isModulePath } from '@raca/pipeline/node';
import { UsageError } from './errors';
import { type LabelFile, labelsOf } from './label-file';
import type { ScoreInput } from './score-input';
import { bertScorer, chexbert, radgraphScorer } from './score-models';
import { readTable } from './table-file';
import { ownDefault } from './user-modules';
import { shown, visible } from './visible-line';

export const METRIC_NAMES = `${Object.keys(metricRegistry()).join(', ')}, meteor-nltk`;

export interface MetricFlags {
  readonly references: string;
  readonly metrics?: string;
  readonly wordnet?: string;
  readonly paraphrases?: string;
  readonly referenceLabels?: string;
  readonly hypothesisLabels?: readonly string[];
  readonly chexbert?: string;
  readonly bertscore?: string;
  readonly referenceRadgraph?: string;
  readonly hypothesisRadgraph?: readonly string[];
  readonly data?: string;
  readonly idColumn?: string;
  readonly encoding?: string;
}

/** The metrics, and where the labels of clinical F1 come from. */
export interface ChosenMetrics {
  readonly metrics: readonly Metric[];
  /** Those that a text which is nobody's output can have. */
  readonly baselineMetrics: readonly Metric[];
  /** In words. */
  readonly labels: string;
}

/** @throws UsageError for a name that is not there, Error for a file that is not as expected */
export async function chooseMetrics(flags: MetricFlags, input: ScoreInput): Promise<ChosenMetrics> {
  const { bertscore, referenceRadgraph, hypothesisRadgraph = [] } = flags;
  if (input.labelsOnly && (bertscore !== undefined || flags.chexbert !== undefined)) {
    throw new UsageError('--chexbert, --bertscore: expected texts, found tables of labels alone');
  }
  const chosen = await withLabels(flags, input);
  const more = [
    ...(bertscore === undefined ? [] : [await bertScorer(bertscore, input.systems)]),
    ...(referenceRadgraph === undefined && hypothesisRadgraph.length === 0
      ? []
      : [radgraphScorer(referenceRadgraph, hypothesisRadgraph, input.systems)]),
  ];
  return { ...chosen, metrics: [...chosen.metrics, ...more] };
}

/** The metrics named, with labels from where they are to come. */
async function withLabels(flags: MetricFlags, input: ScoreInput): Promise<ChosenMetrics> {
  const named = await namedMetrics(flags, input.labelsOnly);
  if (flags.chexbert !== undefined) {
    if (flags.referenceLabels !== undefined || flags.hypothesisLabels !== undefined) {
      throw new UsageError('--chexbert: expected without --reference-labels and --hypothesis-labels');
    }
    const labeler = await chexbert(flags.chexbert, input.systems);
    const metrics = named.map((metric) =>
      isClinical(metric) ? clinicalF1({ labeler, uncertain: uncertainOf(metric) }) : metric,
    );
    // What training reports say with --data was not labelled.
    const baselineMetrics =
      flags.data === undefined ? metrics : metrics.filter((metric) => !isClinical(metric));
    return { metrics, baselineMetrics, labels: `the model in ${visible(flags.chexbert)}` };
  }
  const labels = labelsByPair(flags, input);
  if (labels === undefined) return { metrics: named, baselineMetrics: named, labels: 'rules of RACA' };
  const metrics = named.map((metric) =>
    isClinical(metric)
      ? clinicalF1OfLabels((pair) => labels.get(pair)!, { uncertain: uncertainOf(metric) })
      : metric,
  );
  const files = [
    flags.referenceLabels ?? flags.references,
    ...(flags.hypothesisLabels ?? input.systems.map(({ file }) => file)),
  ];
  return {
    metrics,
    baselineMetrics: named.filter((metric) => !isClinical(metric)),
    labels: `files (${files.map(visible).join(', ')})`,
  };
}

const isClinical = ({ name }: Metric): boolean => /^clinical-f1/.test(name);
const uncertainOf = ({ name }: Metric) => (name.endsWith('+uncertain') ? 'positive' : 'negative');

async function namedMetrics(
  { metrics, wordnet, paraphrases }: MetricFlags,
  labelsOnly: boolean,
): Promise<Metric[]> {
  const registry = metricRegistry({
    ...(wordnet !== undefined && { wordnet: readWordnet(wordnet) }),
    ...(paraphrases !== undefined && { paraphrases: readParaphrases(paraphrases) }),
  });
  if (metrics === undefined) {
    if (labelsOnly) return resolveMetrics(['clinical-f1'], registry);
    const meteor = wordnet === undefined ? [] : ['meteor-1.5', 'meteor-nltk'];
    return [...defaultMetrics(), ...resolveMetrics(meteor, registry)];
  }
  const names = [...new Set(metrics.split(',').map((name) => name.trim()))];
  const unknown = names.find((name) => !Object.hasOwn(registry, name) && !isModulePath(name));
  if (unknown !== undefined) {
    const why = unknown.startsWith('meteor-nltk') ? ', with --wordnet' : '';
    throw new UsageError(
      `--metrics: expected names from ${Object.keys(registry).join(', ')}${why}, found "${shown(unknown)}"`,
    );
  }
  const text = names.find((name) => !name.startsWith('clinical-f1'));
  if (labelsOnly && text !== undefined) {
    throw new UsageError(
      `--metrics: expected clinical-f1 for tables of labels without texts, found "${text}"`,
    );
  }
  return Promise.all(
    names.map(async (name) =>
      isModulePath(name)
        ? asMetric(await ownDefault(resolve(name), '--metrics'), `--metrics: ${visible(name)}`)
        : resolveMetrics([name], registry)[0],
    ),
  );
}

/** Labels of every pair from files; undefined where rules make them. */
function labelsByPair(
  { references, referenceLabels, hypothesisLabels, idColumn, encoding }: MetricFlags,
  { systems, labelsOnly }: ScoreInput,
): Map<ReportPair, LabelPair> | undefined {
  if (!labelsOnly && referenceLabels === undefined && hypothesisLabels === undefined) return undefined;
  const files = hypothesisLabels ?? (labelsOnly ? systems.map(({ file }) => file) : []);
  if ((referenceLabels === undefined && !labelsOnly) || files.length !== systems.length) {
    throw new UsageError(
      `--hypothesis-labels: expected --reference-labels and one file per system (${systems.length}), found ` +
        `${referenceLabels === undefined ? 'no' : 'one'} --reference-labels and ${files.length} files`,
    );
  }
  const read = (file: string) => labelsOf(readTable(file, { encoding }), idColumn);
  const ofReferences = read(referenceLabels ?? references);
  const labels = new Map<ReportPair, LabelPair>();
  systems.forEach(({ pairs }, s) => {
    const ofSystem = read(files[s]);
    pairs.forEach((pair, i) => {
      labels.set(pair, {
        reference: labelsAt(ofReferences, referenceLabels ?? references, pair, i, pairs.length),
        hypothesis: labelsAt(ofSystem, files[s], pair, i, pairs.length),
      });
    });
  });
  return labels;
}

/** Labels of a study by its id, or by its row where the file has no ids. */
function labelsAt(
  { byId, inOrder }: LabelFile,
  file: string,
  { id }: ReportPair,
  row: number,
  count: number,
): ReportLabels {
  if (byId === null) {
    if (inOrder.length === count) return inOrder[row];
    throw new Error(
      `${visible(file)}: expected ids, or ${count} rows in the order of the references, found ${inOrder.length}`,
    );
  }
  const labels = byId.get(id);
  if (labels) return labels;
  throw new Error(`${visible(file)}: expected labels for id "${shown(id)}", found none`);
}
