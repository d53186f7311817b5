import { writeFileAtomic } from '@raca/core/node';
import { ownSlots, readableSentences } from '@raca/data';
import { type Dataset, decodeImage, type PictureOptions } from '@raca/data/node';
import { findContradictions } from '@raca/metrics';
import { ofSlots } from '../of-slots';
import { reportPage, type ScoreTable } from '../report-page';
import { trainingNotices } from '../report-record';
import type { SortKey, StudyView } from '../study-viewer';
import { notesOn } from '../written-report';
import { calibrationLines, classTable, validationFeedsLine } from './class-table';
import { type CurvePoint, curvesSvg } from './curves';
import type { EvaluatedStudy, Evaluation } from './evaluate';
import type { LoadedRun } from './load-run';
import type { MetricsLine } from './run-folder';
import { studyView } from './study-view';
import { COLUMNS, type Column, columnsOf, PROTOCOLS, tableRows } from './table';
import { isDrawn, trainedOn } from './trained-on';
import { changesTable } from './truth/changes';
import { truthTables } from './truth/tables';

/** Studies are sorted by the first one; the other breaks ties. */
const SORT_KEYS: readonly SortKey[] = [
  { key: 'clinical', label: 'clinical F1 (example-14)' },
  { key: 'rouge', label: 'ROUGE-L' },
];
const SCORES = { clinical: 'clinical/example/f1/14', rouge: 'ROUGE_L' } as const;

/** Options of {@link writePage}. */
export interface PageOptions {
  /** Studies with their pictures on the page, some 60 kB each: a third the worst, a third the best, the rest between; 48. */
  readonly studies?: number;
}

/** Writes `report.html`: scores, studies with what the agent looked at, truth and training. */
export async function writePage(
  path: string,
  loaded: LoadedRun,
  dataset: Dataset,
  evaluation: Evaluation,
  { studies: most = 48 }: PageOptions = {},
): Promise<void> {
  const { config, run } = loaded;
  const { split, studies: all, systems, truth, changes } = evaluation;
  const source = dataset.manifest?.source ?? 'unknown';
  const scores = scoresOf(evaluation);
  const calibration = calibrationLines(evaluation);
  const chosen = chosenStudies(scores, most);
  const studies: StudyView[] = [];
  for (const i of chosen) studies.push(await viewOf(all[i], scores[i], loaded, dataset.pictures));
  const html = await reportPage({
    title: `RACA: ${split} split, ${all.length} studies`,
    notices: [
      isDrawn(source)
        ? 'Images are drawn by a program (phantom): the numbers measure a test bed, not radiology.'
        : 'Clinical labels come from rules on the text, not from radiologists.',
      ...(isDrawn(source) ? [] : trainingNotices(trainedOn(run))),
    ],
    facts: {
      data: source,
      model:
        `width ${config.model.width}, ${config.model.maxLength} tokens, agent ${config.model.agent?.use ?? 'none'}, ` +
        `fusion ${config.model.fusion?.use ?? 'none'}, alignment ${config.model.alignment?.use ?? 'none'}`,
      training:
        `${config.training.epochs} epochs at most, batch ${config.training.batchSize}, seed ${config.training.seed}` +
        (evaluation.validationFeeds.length > 0 ? `; ${validationFeedsLine(evaluation.validationFeeds)}` : ''),
      ...(calibration.length > 0 && { probabilities: calibration.join('; ') }),
    },
    tables: protocolTables(systems, columnsOf(evaluation)),
    classTables: [classTable(evaluation)],
    ...(chosen.length < all.length && {
      shown: `${chosen.length} of ${all.length} studies: a third the worst by clinical F1, a third the best, a third spread between. reports.csv has all texts.`,
    }),
    studies,
    sortKeys: SORT_KEYS,
    moreTables: [...(changes ? [changesTable(changes)] : []), ...(truth ? truthTables(truth) : [])],
    curves: await curves(run.readMetrics()),
  });
  writeFileAtomic(path, html);
}

/** One table a protocol; one for both where the numbers are the same. */
export function protocolTables(
  systems: Evaluation['systems'],
  columns: readonly Column[] = COLUMNS,
): ScoreTable[] {
  const [r2gen, full] = (['r2gen', 'full'] as const).map((protocol) => ({
    title: PROTOCOLS[protocol],
    columns,
    rows: tableRows(systems, protocol, columns),
  }));
  if (JSON.stringify(r2gen.rows) !== JSON.stringify(full.rows)) return [r2gen, full];
  const title = 'protocols r2gen and full, equal here: no reference is cut, and none has a rare word';
  return [{ ...r2gen, title }];
}

/** Scores of each study by the keys of the page. */
function scoresOf({ systems }: Evaluation): Record<string, number>[] {
  return systems[0].protocols.r2gen.perReport.map(({ scores }) =>
    Object.fromEntries(Object.entries(SCORES).map(([key, name]) => [key, scores[name] ?? 0])),
  );
}

/** Places of the studies to show, worst first. */
export function chosenStudies(scores: readonly Readonly<Record<string, number>>[], most: number): number[] {
  const order = [...scores.keys()].sort(
    (a, b) => scores[a].clinical - scores[b].clinical || scores[a].rouge - scores[b].rouge || a - b,
  );
  if (order.length <= most) return order;
  const ends = Math.floor(most / 3);
  const middle = order.slice(ends, order.length - ends);
  const between = most - 2 * ends;
  const spread = Array.from(
    { length: between },
    (_, k) => middle[Math.floor(((k + 0.5) * middle.length) / between)],
  );
  return [...order.slice(0, ends), ...spread, ...order.slice(order.length - ends)];
}

async function viewOf(
  {
    id,
    images,
    kinds,
    pictures: shownIn,
    report,
    generated,
    confidence,
    masks,
    probabilities,
  }: EvaluatedStudy,
  scores: Readonly<Record<string, number>>,
  { config }: LoadedRun,
  reading: PictureOptions | undefined,
): Promise<StudyView> {
  const sentences = readableSentences(generated);
  const contradictions = findContradictions(sentences);
  const pictures = await Promise.all(images.map((file) => decodeImage(file, reading)));
  const notes = notesOn({ report: generated, sentences, contradictions });
  const slots = ownSlots({ pictures: shownIn });
  const own = <T extends Uint8Array | Float32Array>(values: T): T =>
    ofSlots(values, slots, config.model.views, config.model.grid);
  const shown = {
    id,
    pictures,
    kinds,
    sentences,
    confidence,
    reference: report,
    scores,
    notes,
    warnings: [],
    masks: own(masks),
    probabilities: own(probabilities),
  };
  return studyView(shown, config.model);
}

/** Validation scores that are drawn, where a run has them. */
const VALIDATION = ['bleu4', 'clinicalMicroF1', 'findingsMacroF1', 'selection'];

async function curves(lines: readonly MetricsLine[]): Promise<string[]> {
  const charts: [title: string, points: CurvePoint[]][] = [
    ['loss', points(lines, { train: ['tokens', 'global', 'local', 'matching'], val: ['loss'] })],
    ['validation score', points(lines, { train: [], val: VALIDATION })],
    ['agent reward', points(lines, { train: ['agent/reward'], val: [] })],
    [
      'reward of reports',
      points(lines, { train: ['selfCritical/reward', 'selfCritical/greedy'], val: ['reward'] }),
    ],
  ];
  const svgs: string[] = [];
  for (const [title, all] of charts) if (all.length > 1) svgs.push(await curvesSvg(all, title));
  return svgs;
}

/** Mean of each number over the lines of an epoch. */
function points(lines: readonly MetricsLine[], names: Record<'train' | 'val', string[]>): CurvePoint[] {
  const sums = new Map<string, { epoch: number; curve: string; sum: number; count: number }>();
  for (const line of lines) {
    for (const name of names[line.kind]) {
      const value = line[name];
      if (typeof value !== 'number') continue;
      const curve = `${line.kind} ${name}`;
      const key = `${curve} ${line.epoch}`;
      const entry = sums.get(key) ?? { epoch: line.epoch, curve, sum: 0, count: 0 };
      sums.set(key, { ...entry, sum: entry.sum + value, count: entry.count + 1 });
    }
  }
  return [...sums.values()].map(({ epoch, curve, sum, count }) => ({ epoch, curve, value: sum / count }));
}
