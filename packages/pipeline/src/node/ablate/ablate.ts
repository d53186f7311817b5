import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder, writeFileAtomic } from '@raca/core/node';
import { cleanReport } from '@raca/data';
import type { Dataset } from '@raca/data/node';
import type { ReportPair } from '@raca/metrics';
import { readReports } from '../compare/reports-file';
import type { CurvePoint } from '../curves';
import { fileHash, RunFolder } from '../run-folder';
import { type Analysis, type AnalysisOptions, analyse, type RowReports } from './analysis';
import { type Cell, type Outcome, readEvaluation, runCell } from './cell';
import type { Grid } from './grid';
import type { Launch } from './launch';
import { ablationPage } from './page';
import { eachAtMost } from './queue';
import { csv, latex, markdown, scoreTable, type TableRow, type TextTable, testTable } from './tables';

/** Options of {@link ablate}. */
export interface AblateOptions {
  readonly grid: Grid;
  /** Runs a row: with the seed of its config, the next one, and so on. */
  readonly seeds: number;
  /** Folder of runs and tables; what is finished there is not done again. */
  readonly out: string;
  readonly dataset: Dataset;
  /** Folder of an ablation with the same rows and seeds: each run takes over the weights of the same one there. */
  readonly pretrained?: string;
  readonly launch: Launch;
  /** Runs at once, 1: a run uses all cores. */
  readonly jobs?: number;
  /** Arguments for every `raca train` and `raca evaluate`, such as `--backend wasm`. */
  readonly argv?: readonly string[];
  /** Resamples, and metrics that are measured and tested beside the standard ones. */
  readonly analysis?: AnalysisOptions;
  /** Abort to stop the runs under way with resume points. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (cell: Cell, step: number, steps: number) => void;
  readonly onOutcome?: (cell: Cell, outcome: Outcome, seconds: number) => void;
}

/** What {@link ablate} found. */
export interface Ablation {
  readonly rows: readonly TableRow[];
  /** One a protocol. */
  readonly analyses: readonly Analysis[];
  readonly tables: readonly TextTable[];
  readonly interrupted: boolean;
}

/**
 * Trains every row of a grid with every seed in child processes, evaluates each on the test split, and writes `table.md`,
 * `table.tex`, `table.csv`, `ablation.html` and `results.json` into `out`. A run that fails is marked with its reason, and
 * the others go on.
 */
export async function ablate(options: AblateOptions): Promise<Ablation> {
  const { grid, out, dataset, signal } = options;
  const dataHash = fileHash(join(dataset.dir, 'annotation.json')) ?? '';
  const cells = cellsOf(options);
  const outcomes = new Map<Cell, Outcome>();
  const context = {
    launch: options.launch,
    data: dataset.dir,
    dataHash,
    imageCache: join(out, 'runs', 'images.bin'),
    argv: options.argv ?? [],
    signal,
    onProgress: options.onProgress,
  };
  mkdirSync(out, { recursive: true });
  const release = lockFolder(out, 'an ablation');
  try {
    await eachAtMost(cells, options.jobs ?? 1, async (cell) => {
      const start = Date.now();
      const outcome: Outcome = signal?.aborted ? { status: 'interrupted' } : await runCell(cell, context);
      outcomes.set(cell, outcome);
      options.onOutcome?.(cell, outcome, (Date.now() - start) / 1000);
    });
  } finally {
    release();
  }

  const rows = grid.rows.map(({ name }): TableRow => {
    const own = cells.filter(({ row }) => row === name);
    return {
      name,
      seeds: own.map(({ seed }) => seed),
      finished: own.flatMap((cell) => {
        const evaluation = outcomes.get(cell)?.status === 'done' ? readEvaluation(cell, { dataHash }) : null;
        return evaluation ? [{ seed: cell.seed, evaluation }] : [];
      }),
      failed: own.flatMap((cell) => {
        const outcome = outcomes.get(cell);
        return outcome?.status === 'failed' ? [{ seed: cell.seed, reason: outcome.reason }] : [];
      }),
    };
  });
  const done = cells.filter((cell) => outcomes.get(cell)?.status === 'done');
  const { analyses, notes } = analyseAll(done, options);
  const tables = analyses.flatMap((analysis) => [
    scoreTable(rows, analysis, grid.baseline),
    testTable(analysis, grid.baseline),
  ]);
  const failures = rows.flatMap(({ name, failed }) =>
    failed.map(({ seed, reason }) => `${name}, seed ${seed}: failed: ${reason}`),
  );
  await write(options, { rows, analyses, tables, failures: [...failures, ...notes], curves: curves(done) });
  return { rows, analyses, tables, interrupted: signal?.aborted ?? false };
}

/** Seed by seed, so that every row has one run before any has two. */
function cellsOf({ grid: { rows }, seeds, out, pretrained }: AblateOptions): Cell[] {
  const folders = folderNames(rows.map(({ name }) => name));
  const runOf = (dir: string, i: number, seed: number): string =>
    join(dir, 'runs', folders[i], `seed-${seed}`);
  return Array.from({ length: seeds }, (_, k) =>
    rows.map(({ name, config }, i): Cell => {
      const seed = config.training.seed + k;
      return {
        row: name,
        seed,
        config: { ...config, training: { ...config.training, seed } },
        dir: runOf(out, i, seed),
        ...(pretrained !== undefined && { pretrained: runOf(pretrained, i, seed) }),
      };
    }),
  ).flat();
}

/** Names as folders: letters, digits and dashes, each once. */
function folderNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain =
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'row';
    let folder = plain;
    for (let i = 2; taken.has(folder); i++) folder = `${plain}-${i}`;
    taken.add(folder);
    return folder;
  });
}

/** Both protocols; one alone where they agree, and none for references that are not the same in all rows. */
function analyseAll(
  cells: readonly Cell[],
  { grid, dataset, analysis }: AblateOptions,
): { analyses: Analysis[]; notes: string[] } {
  const full = new Map(dataset.annotation.test.map(({ id, report }) => [id, report]));
  const cut: RowReports[] = [];
  const whole: RowReports[] = [];
  for (const { name, config } of grid.rows) {
    const runs = cells
      .filter(({ row }) => row === name)
      .map((cell) => ({ seed: cell.seed, pairs: readReports(join(cell.dir, 'reports.csv')) }));
    cut.push({ row: name, seeds: runs });
    const reference = ({ id }: ReportPair): string =>
      cleanReport(full.get(id) ?? '', config.training.cleaning);
    whole.push({
      row: name,
      seeds: runs.map(({ seed, pairs }) => ({
        seed,
        pairs: pairs.map((pair) => ({ ...pair, reference: reference(pair) })),
      })),
    });
  }
  const analyses: Analysis[] = [];
  const notes: string[] = [];
  const same = JSON.stringify(cut) === JSON.stringify(whole);
  for (const [protocol, rows] of [['r2gen', cut], ...(same ? [] : [['full', whole] as const])] as const) {
    try {
      analyses.push(analyse(rows, grid.baseline, protocol, analysis));
    } catch (error) {
      notes.push(`protocol ${protocol}: no table: ${(error as Error).message}`);
    }
  }
  return { analyses, notes };
}

/** Validation clinical micro-F1 an epoch, mean over the seeds of a row. */
function curves(cells: readonly Cell[]): CurvePoint[] {
  const all = new Map<string, { epoch: number; curve: string; values: number[] }>();
  for (const { row, dir } of cells) {
    for (const line of new RunFolder(dir).readMetrics()) {
      if (line.kind !== 'val' || typeof line.clinicalMicroF1 !== 'number') continue;
      const key = `${line.epoch} ${row}`;
      const point = all.get(key) ?? { epoch: line.epoch, curve: row, values: [] };
      point.values.push(line.clinicalMicroF1);
      all.set(key, point);
    }
  }
  return [...all.values()].map(({ epoch, curve, values }) => ({
    epoch,
    curve,
    value: values.reduce((sum, x) => sum + x, 0) / values.length,
  }));
}

async function write(
  { out, dataset, grid, seeds }: AblateOptions,
  {
    rows,
    analyses,
    tables,
    failures,
    curves: points,
  }: Pick<Ablation, 'rows' | 'analyses' | 'tables'> & { failures: string[]; curves: CurvePoint[] },
): Promise<void> {
  const source = dataset.manifest?.source ?? 'unknown';
  const notice = /phantom/i.test(source)
    ? 'Images are drawn by a program (phantom): the numbers measure a test bed, not radiology.'
    : 'Clinical labels come from rules on the text, not from radiologists.';
  const { train, val, test } = dataset.annotation;
  const title = `Ablation: ${grid.rows.length} rows, ${seeds} seed${seeds === 1 ? '' : 's'}`;
  const facts = {
    data: `${source}; ${train.length} / ${val.length} / ${test.length} studies`,
    baseline: grid.baseline,
    runs: `${rows.reduce((n, { finished }) => n + finished.length, 0)} of ${rows.length * seeds} finished`,
  };
  const text = [
    `# ${title}`,
    `Research software. Not for clinical use. ${notice}`,
    Object.entries(facts)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
    ...(failures.length ? [failures.map((line) => `- ${line}`).join('\n')] : []),
    ...tables.map(markdown),
  ];
  const save = (name: string, content: string): void => writeFileAtomic(join(out, name), content);
  save('table.md', text.join('\n\n'));
  save('table.tex', tables.map(latex).join('\n'));
  save('table.csv', csv(analyses));
  save(
    'results.json',
    `${JSON.stringify({ data: source, baseline: grid.baseline, rows, analyses }, null, 1)}\n`,
  );
  const names = grid.rows.map(({ name }) => name);
  save(
    'ablation.html',
    await ablationPage({
      ...{ title, notice, facts, tables, failures, rows: names, curves: points },
      analysis: analyses[0],
    }),
  );
}
