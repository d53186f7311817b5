import { join } from 'node:path';
import { cleanReport } from '@raca/data';
import type { Dataset } from '@raca/data/node';
import { constantReport, holm, type Protocol, type ReportPair } from '@raca/metrics';
import type { RunConfig } from '../../config';
import { resolveConfig } from '../../resolve-config';
import { selectionKey } from '../../score-config';
import { type Analysis, type AnalysisOptions, analyse, type RowScore } from '../ablate/analysis';
import { type MetricsLine, RunFolder } from '../run-folder';
import { differingFields, type FieldDifference } from './differences';
import { readReports } from './reports-file';

/** Runs that wrote reports for the same studies against the same references, under one protocol. */
export interface ScoredRuns extends Analysis {
  /** Names; the others are tested against the first. */
  readonly runs: readonly string[];
  /** Scores of one text said for every study, the most typical of the references. */
  readonly constant: Readonly<Record<string, number>>;
}

/** Result of {@link compareRuns}. Values stand in the order of `runs`. */
export interface RunComparison {
  readonly runs: readonly string[];
  /** What keeps the runs from being compared, a line each. */
  readonly warnings: readonly string[];
  /** Of the configs, every default filled in. */
  readonly config: readonly FieldDifference[];
  /** Of `run.json`: data, versions, machine, … */
  readonly facts: readonly FieldDifference[];
  /** Validation of the weights that were kept; null where there was none. */
  readonly validation: readonly (MetricsLine | null)[];
  readonly scores: readonly ScoredRuns[];
  /** Where the data of the first run came from. */
  readonly source: string | null;
}

export interface CompareRunsOptions {
  /** With it reports are also scored against full references. */
  readonly dataset?: Dataset;
  readonly analysis?: AnalysisOptions;
}

/** Facts that differ without meaning anything, or that the config says. */
const NOT_COMPARED = ['notice', 'started', 'command', 'modules', 'seed'];

/**
 * What differs between runs, and whether their reports differ in quality: scores with bootstrap intervals over studies, and a test
 * of each run against the first by paired approximate randomisation with Holm's correction.
 * @param dirs run folders
 * @throws Error in one line if a folder holds no run, or a file of it does not fit
 */
export function compareRuns(dirs: readonly string[], options: CompareRunsOptions = {}): RunComparison {
  const runs = dirs.map((dir) => open(dir, options.dataset));
  const [first] = runs;
  const others = runs.slice(1);
  const hash = ({ facts }: Run): string | null => dataOf(facts).annotation ?? null;
  const warnings = [
    ...runs.filter(({ finished }) => !finished).map(({ name }) => `${name}: training has not finished`),
    ...others
      .filter((run) => hash(run) !== null && hash(first) !== null && hash(run) !== hash(first))
      .map(({ name }) => `${name}: trained on other data than ${first.name} (annotation.json differs)`),
    ...runs
      .filter(({ cut }) => cut === null)
      .map(({ name }) => `${name}: no reports.csv; write it by: raca evaluate --run ${name} --data DIR`),
    ...unlike(runs.filter(({ cut }) => cut !== null)),
  ];
  const protocols: readonly (readonly [Protocol, (run: Run) => ReportPair[] | null])[] = [
    ['r2gen', ({ cut }) => cut],
    ...(options.dataset ? ([['full', ({ full }: Run) => full]] as const) : []),
  ];
  return {
    runs: runs.map(({ name }) => name),
    warnings,
    config: differingFields(runs.map(({ config }) => config)),
    facts: differingFields(runs.map(({ facts }) => facts)),
    validation: runs.map(({ validation }) => validation),
    scores: protocols.flatMap(([protocol, pairsOf]) => scored(runs, protocol, pairsOf, options.analysis)),
    source: dataOf(first.facts).source ?? null,
  };
}

interface Run {
  readonly name: string;
  readonly config: RunConfig;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly finished: boolean;
  readonly validation: MetricsLine | null;
  /** In the order of their ids, with the references that `reports.csv` holds; null without that file. */
  readonly cut: ReportPair[] | null;
  /** The same with full references; null without a data set that has all studies. */
  readonly full: ReportPair[] | null;
}

function open(dir: string, dataset?: Dataset): Run {
  const folder = new RunFolder(dir);
  const config = folder.readConfig();
  const facts = Object.fromEntries(
    Object.entries(folder.readFacts()).filter(([name]) => !NOT_COMPARED.includes(name)),
  );
  const state = folder.readStateFile();
  const cut = folder.has('reports.csv') ? ordered(readReports(folder.path('reports.csv')), dir) : null;
  return {
    name: dir,
    config: resolved(config),
    facts,
    finished: state?.finished === true,
    validation: keptValidation(folder.readMetrics(), config, state?.best?.score),
    cut,
    full: cut && dataset ? withFullReferences(cut, dataset, config) : null,
  };
}

/** The config itself where a module does not know its options any more. */
function resolved(config: RunConfig): RunConfig {
  try {
    return resolveConfig(config);
  } catch {
    return config;
  }
}

function ordered(pairs: ReportPair[], dir: string): ReportPair[] {
  const sorted = [...pairs].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const twice = sorted.find(({ id }, i) => id === sorted[i + 1]?.id);
  if (twice)
    throw new Error(`${join(dir, 'reports.csv')}: expected every study once, found "${twice.id}" twice`);
  return sorted;
}

/** The validation whose weights were kept; the last one where the state does not say which. */
function keptValidation(
  lines: readonly MetricsLine[],
  { training }: RunConfig,
  best: number | undefined,
): MetricsLine | null {
  const validations = lines.filter(({ kind }) => kind === 'val');
  return (
    validations.find((line) => line[selectionKey(training.selection)] === best) ?? validations.at(-1) ?? null
  );
}

function withFullReferences(
  pairs: ReportPair[],
  { annotation }: Dataset,
  { training }: RunConfig,
): ReportPair[] | null {
  const studies = [...annotation.train, ...annotation.val, ...annotation.test];
  const reports = new Map(studies.map(({ id, report }) => [id, report]));
  if (pairs.some(({ id }) => !reports.has(id))) return null;
  return pairs.map((pair) => ({ ...pair, reference: cleanReport(reports.get(pair.id)!, training.cleaning) }));
}

/** Why reports of some runs cannot be compared with those of the first. */
function unlike(runs: readonly Run[]): string[] {
  return runs.slice(1).flatMap(({ name, cut }) => {
    const [first] = runs;
    const ids = new Set(first.cut!.map(({ id }) => id));
    const common = cut!.filter(({ id }) => ids.has(id)).length;
    if (common !== ids.size || common !== cut!.length) {
      const counts = `${cut!.length} studies, ${common} of them among the ${ids.size} of ${first.name}`;
      return [
        `${name}: reports.csv is about ${counts}: another split or data set, so scores are not compared`,
      ];
    }
    if (cut!.every(({ reference }, i) => reference === first.cut![i].reference)) return [];
    return [
      `${name}: references differ from those of ${first.name} (another vocabulary or length), so scores are not ` +
        'compared under the protocol r2gen; --data compares them with full references',
    ];
  });
}

/** Runs with the same studies and references together, each group by itself. */
function scored(
  runs: readonly Run[],
  protocol: Protocol,
  pairsOf: (run: Run) => ReportPair[] | null,
  options?: AnalysisOptions,
): ScoredRuns[] {
  const groups = new Map<string, { row: string; pairs: ReportPair[] }[]>();
  for (const run of runs) {
    const pairs = pairsOf(run);
    if (!pairs) continue;
    const key = JSON.stringify(pairs.map(({ id, reference }) => [id, reference]));
    groups.set(key, [...(groups.get(key) ?? []), { row: run.name, pairs }]);
  }
  return [...groups.values()].map((group) => {
    const rows = group.map(({ row, pairs }) => ({ row, seeds: [{ seed: 0, pairs }] }));
    const [{ row: baseline, pairs }] = group;
    const text = constantReport(pairs.map(({ reference }) => reference));
    const said = pairs.map((pair) => ({ ...pair, hypothesis: text }));
    const constant = analyse([{ row: 'constant', seeds: [{ seed: 0, pairs: said }] }], '', protocol, {
      bootstrap: { resamples: 1 },
    });
    const tested = analyse(rows, baseline, protocol, options);
    return {
      runs: group.map(({ row }) => row),
      ...tested,
      scores: adjustedOverAll(tested.scores),
      constant: Object.fromEntries(constant.scores.map(({ key, mean }) => [key, mean])),
    };
  });
}

/** Holm's correction over all scores and runs, since any of them may be looked at. */
function adjustedOverAll(scores: readonly RowScore[]): RowScore[] {
  const adjusted = holm(scores.flatMap(({ test }) => (test ? [test.pValue] : [])));
  let next = 0;
  return scores.map((score) => ({
    ...score,
    test: score.test && { ...score.test, adjusted: adjusted[next++] },
  }));
}

const dataOf = (facts: Readonly<Record<string, unknown>>) =>
  (facts.data ?? {}) as { annotation?: string | null; source?: string | null };
