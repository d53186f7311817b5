import { writeFileAtomic } from '@raca/core/node';
import { REGIONS } from '@raca/core/regions';
import { lexiconAnnotator, resizeShortSide, splitSentences } from '@raca/data';
import { type Dataset, encodePng, type PictureOptions, readImage } from '@raca/data/node';
import { reportPage, type StudyView } from '../report-page';
import { type CurvePoint, curvesSvg } from './curves';
import type { EvaluatedStudy, Evaluation } from './evaluate';
import type { LoadedRun } from './load-run';
import type { MetricsLine } from './run-folder';
import { COLUMNS, PROTOCOLS, tableRows } from './table';
import { truthTables } from './truth/tables';

/** Largest short side of a picture on the page, in pixels. */
const PICTURE = 256;

/** Writes `report.html`: scores, curves, and some studies with the regions that the agent chose. */
export async function writePage(
  path: string,
  loaded: LoadedRun,
  dataset: Dataset,
  evaluation: Evaluation,
  { studies: shown = 12 }: { readonly studies?: number } = {},
): Promise<void> {
  const { config, run } = loaded;
  const source = dataset.manifest?.source ?? 'unknown';
  const phantom = /phantom/i.test(source);
  const { grid, views } = config.model;
  const every = Math.max(1, Math.floor(evaluation.studies.length / shown));
  const chosen = evaluation.studies.filter((_, i) => i % every === 0).slice(0, shown);
  const html = reportPage({
    title: `RACA: ${evaluation.split} split, ${evaluation.studies.length} studies`,
    notice: phantom
      ? 'Images are drawn by a program (phantom): the numbers measure a test bed, not radiology.'
      : 'Clinical labels come from rules on the text, not from radiologists.',
    facts: {
      data: source,
      model:
        `width ${config.model.width}, ${config.model.maxLength} tokens, agent ${config.model.agent?.use ?? 'none'}, ` +
        `fusion ${config.model.fusion?.use ?? 'none'}, alignment ${config.model.alignment?.use ?? 'none'}`,
      training: `${config.training.epochs} epochs at most, batch ${config.training.batchSize}, seed ${config.training.seed}`,
    },
    tables: [
      ...(['r2gen', 'full'] as const).map((protocol) => ({
        title: PROTOCOLS[protocol],
        columns: COLUMNS,
        rows: tableRows(evaluation.systems, protocol),
      })),
      ...(evaluation.truth ? truthTables(evaluation.truth) : []),
    ],
    curves: await curves(run.readMetrics()),
    studies: await Promise.all(chosen.map((study) => studyView(study, views, grid, dataset.pictures))),
  });
  writeFileAtomic(path, html);
}

async function curves(lines: readonly MetricsLine[]): Promise<string[]> {
  const charts: [title: string, points: CurvePoint[]][] = [
    ['loss', points(lines, { train: ['tokens', 'global', 'local', 'matching'], val: ['loss'] })],
    ['validation score', points(lines, { train: [], val: ['bleu4', 'clinicalMicroF1'] })],
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
      const entry = sums.get(key) ?? { epoch: line.epoch + 1, curve, sum: 0, count: 0 };
      sums.set(key, { ...entry, sum: entry.sum + value, count: entry.count + 1 });
    }
  }
  return [...sums.values()].map(({ epoch, curve, sum, count }) => ({ epoch, curve, value: sum / count }));
}

async function studyView(
  study: EvaluatedStudy,
  views: number,
  grid: { rows: number; cols: number },
  pictures: PictureOptions | undefined,
): Promise<StudyView> {
  const images = await Promise.all(study.images.map((path) => dataUrl(path, pictures)));
  const n = grid.rows * grid.cols;
  const masks = REGIONS.map((_, r) =>
    Array.from({ length: views }, (_, v) => {
      const from = (r * views + v) * n;
      return Array.from(study.masks.subarray(from, from + n));
    }),
  );
  const sentences = splitSentences(study.generated).filter(Boolean);
  const regions = lexiconAnnotator.annotate(sentences);
  return {
    id: study.id,
    images,
    reference: study.report,
    sentences: sentences.map((text, i) => ({ text, regions: regions[i] })),
    masks,
    grid,
  };
}

async function dataUrl(path: string, pictures: PictureOptions | undefined): Promise<string> {
  const { image } = await readImage(path, pictures);
  const small = Math.min(image.width, image.height) > PICTURE ? resizeShortSide(image, PICTURE) : image;
  return `data:image/png;base64,${Buffer.from(await encodePng(small)).toString('base64')}`;
}
