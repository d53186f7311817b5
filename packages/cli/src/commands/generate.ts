import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BackendName } from '@raca/backend/node';
import { VIEW_KINDS, type ViewKind } from '@raca/core';
import { readRegularFile, writeFileAtomic } from '@raca/core/node';
import { SPLITS, type Split } from '@raca/data';
import {
  encodePng,
  type PictureOptions,
  type ReadOptions,
  readStudyImages,
  type StudyContext,
  type StudyImages,
} from '@raca/data/node';
import { regionSetOf, regionsPicture, reportRecord, reportText, trainingNotices } from '@raca/pipeline';
import {
  findStudies,
  generateFromFiles,
  type LoadedRun,
  loadRun,
  RunFolder,
  trainedOn,
  writeReportViewer,
} from '@raca/pipeline/node';
import type { Command } from 'commander';
import { backendOption, startCompute } from '../compute';
import { oneOf, UsageError, wholeNumber } from '../errors';
import { generateMany } from '../generate-many';
import { type ImageFlags, imageOptions, pictureOptions } from '../image-options';
import { banner } from '../output';
import { rexrankEntries } from '../rexrank-output';
import { print, say } from '../say';
import { modulesFor, trustOption } from '../user-modules';

interface GenerateFlags extends ImageFlags {
  run: string;
  images?: string[];
  views?: readonly ViewKind[];
  indication?: string;
  history?: string;
  comparison?: string;
  technique?: string;
  priorImages?: string[];
  priorViews?: readonly ViewKind[];
  priorReport?: string;
  priorDays?: number;
  studies?: string[];
  data?: string;
  split: Split | 'all';
  format?: 'rexrank';
  out?: string;
  pictures?: boolean;
  regions: boolean;
  restart?: boolean;
  maxPixels?: number;
  trustModules?: boolean;
  backend?: BackendName;
  json?: boolean;
}

export function addGenerate(program: Command): void {
  imageOptions(program.command('generate'))
    .description('write the report of one study or of many from image files')
    .requiredOption('--run <dir>', 'run folder of a trained model')
    .option(
      '--images <file...>',
      'one study: one file per view (DICOM, PNG, JPEG, TIFF, BMP, WebP or JPEG 2000), frontal view first',
    )
    .option(
      '--views <kinds>',
      `what --images show, e.g. frontal,lateral: ${VIEW_KINDS.join(', ')}`,
      viewList('--views'),
    )
    .option('--indication <text>', 'one study: why it was made (@FILE reads a file; so do the texts below)')
    .option('--history <text>', 'one study: what is known of the patient')
    .option('--comparison <text>', 'one study: what it was compared with')
    .option('--technique <text>', 'one study: how it was made')
    .option('--prior-images <file...>', 'one study: the pictures of the earlier study')
    .option('--prior-views <kinds>', 'what --prior-images show', viewList('--prior-views'))
    .option('--prior-report <text>', 'one study: the report of the earlier study')
    .option('--prior-days <n>', 'one study: days since the earlier study', wholeNumber('--prior-days'))
    .option(
      '--studies <source...>',
      'many studies: a folder with a folder per study, a table (CSV, JSON or JSON Lines with id and images), or a quoted glob pattern',
    )
    .option('--data <dir>', 'many studies: a data set folder, with or without reports')
    .option(
      '--split <name>',
      `with --data: ${SPLITS.join(', ')} or all`,
      oneOf('--split', [...SPLITS, 'all']),
      'test',
    )
    .option(
      '--out <dir>',
      'one study: report.txt, report.json, regions.png, report.html; many: reports.csv, reports.jsonl, report.html',
    )
    .option(
      '--format <name>',
      'with --data and --out: also write the reports as rexrank.json, in the form of the ReXrank leaderboard (rexrank)',
      oneOf('--format', ['rexrank']),
    )
    .option('--pictures', 'many studies: also draw the regions of each study into --out/pictures/')
    .option('--no-regions', 'many studies: leave region probabilities out of reports.jsonl')
    .option('--restart', 'many studies: rewrite all reports in --out instead of resuming')
    .option('--max-pixels <n>', 'refuse larger images (default 50 million)', wholeNumber('--max-pixels'))
    .option(...trustOption)
    .option(...backendOption)
    .option('--json', 'print JSON: report, score, regions')
    .addHelpText(
      'after',
      `
Examples:
  raca generate --run run --images frontal.dcm lateral.dcm --out report
  raca generate --run run --images now.png --indication 'Cough.' --prior-images before.png --prior-report @before.txt
  raca generate --run run --studies studies/ --out reports
  raca generate --run run --data my-data --split all --out reports --pictures

Indication and earlier study are read by models that were trained with them (model.context); others say that they do not. In
a table they stand in columns: views, indication, history, comparison, technique, prior_images, prior_views, prior_report,
prior_days.

Many studies: repeat an interrupted command to resume it. A study that cannot be read gets a row with the reason; the exit
code is then 1, and the next run tries that study again.`,
    )
    .action(async (flags: GenerateFlags) => {
      banner();
      checkFlags(flags);
      const run = new RunFolder(flags.run);
      const trust = { file: run.path('config.json'), trusted: flags.trustModules };
      const modules = await modulesFor(run.readConfig(), trust);
      const studies = studiesOf(flags);
      const rexrank = flags.format && rexrankEntries(flags.data!);
      await startCompute(flags.backend);
      const loaded = loadRun(flags.run, modules);
      try {
        for (const line of trainingNotices(trainedOn(loaded.run))) say(line);
        const reading = readOptions(flags);
        if (studies) await generateMany(loaded, studies, { ...flags, reading, rexrank });
        else await generateOne(loaded, flags.images!, { ...flags, reading, context: contextOf(flags) });
      } finally {
        loaded.model.dispose();
      }
    });
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** How every image is read. */
const readOptions = (flags: GenerateFlags): ReadOptions & PictureOptions => ({
  ...(flags.maxPixels && { maxPixels: flags.maxPixels }),
  ...pictureOptions(flags),
});

/** What one study comes with. @throws Error for a text's file that cannot be read */
function contextOf(flags: GenerateFlags): StudyContext {
  const texts = TEXTS.flatMap((name) => {
    const text = flags[name];
    return text === undefined ? [] : [[name, textOf(text)]];
  });
  const { views, priorImages: images, priorViews, priorReport, priorDays: days } = flags;
  const prior = {
    ...(images && { images }),
    ...(priorViews && { views: priorViews }),
    ...(priorReport !== undefined && { report: textOf(priorReport) }),
    ...(days !== undefined && { days }),
  };
  return {
    ...(views && { views }),
    ...Object.fromEntries(texts),
    ...(Object.keys(prior).length > 0 && { prior }),
  };
}

const TEXTS = ['indication', 'history', 'comparison', 'technique'] as const;
const OF_ONE = [...TEXTS, 'views', 'priorImages', 'priorViews', 'priorReport', 'priorDays'] as const;

/** `@FILE` stands for what is in the file. */
const textOf = (text: string): string =>
  text.startsWith('@') ? readRegularFile(text.slice(1), 'a text', 2 ** 20).toString('utf8') : text;

const viewList =
  (option: string) =>
  (value: string): ViewKind[] =>
    value.split(',').map((kind) => oneOf(option, VIEW_KINDS)(kind.trim()));

/** @throws UsageError */
function checkFlags(flags: GenerateFlags): void {
  const { images, studies, data, out, pictures, restart, regions, format } = flags;
  const given = Object.entries({ '--images': images, '--studies': studies, '--data': data }).flatMap(
    ([name, value]) => (value === undefined ? [] : [name]),
  );
  if (given.length !== 1)
    throw new UsageError(
      `expected one of --images, --studies or --data, found ${given.join(' and ') || 'none'}`,
    );
  const own = OF_ONE.find((name) => flags[name] !== undefined);
  if (own && !images)
    throw new UsageError(`--${kebab(own)}: expected --images with it; a table has columns for it`);
  if (flags.views && flags.views.length !== images?.length)
    throw new UsageError(
      `--views: expected a kind for each of ${images?.length} images, found ${flags.views.length}`,
    );
  const before = flags.priorImages?.length ?? 0;
  if (flags.priorViews && flags.priorViews.length !== before)
    throw new UsageError(
      `--prior-views: expected a kind for each of ${before} images, found ${flags.priorViews.length}`,
    );
  const extra = [pictures && '--pictures', restart && '--restart', !regions && '--no-regions'].find(Boolean);
  if (extra && images) throw new UsageError(`${extra}: expected --studies or --data with it, found --images`);
  if (extra && out === undefined) throw new UsageError(`${extra}: expected --out with it, found none`);
  if (format && data === undefined)
    throw new UsageError('--format rexrank: expected --data with it, found none');
  if (format && out === undefined)
    throw new UsageError('--format rexrank: expected --out with it, found none');
  if (out !== undefined && statSync(out, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UsageError(`--out: expected a folder, found the file ${out}`);
}

/** The studies of a call for many; null for one. */
function studiesOf({ studies, data, split }: GenerateFlags): StudyImages[] | null {
  if (studies) return findStudies(studies);
  return data === undefined ? null : readStudyImages(data, split);
}

async function generateOne(
  loaded: LoadedRun,
  files: readonly string[],
  {
    out,
    json,
    reading,
    context: given,
  }: Pick<GenerateFlags, 'out' | 'json'> & { reading: ReadOptions; context: StudyContext },
): Promise<void> {
  const made = await generateFromFiles(loaded, files, { ...reading, context: given });
  const images = made.images.map(({ file, format, image: { width, height } }) => ({
    file,
    format,
    width,
    height,
  }));
  const context = { images, model: loaded.config.model, trainedOn: trainedOn(loaded.run) };
  const record = JSON.stringify(reportRecord(made, context));
  for (const line of [...made.warnings, ...made.notes]) say(line);
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    const pictures = made.images.map(({ image }) => image);
    const { kinds, masks, probabilities } = made;
    const { grid } = loaded.config.model;
    const regions = regionSetOf(loaded.config.model).names;
    const drawn = regionsPicture({ images: pictures, kinds, masks, probabilities, grid, regions });
    writeFileAtomic(join(out, 'report.txt'), reportText(made, context));
    writeFileAtomic(join(out, 'report.json'), `${record}\n`);
    writeFileAtomic(join(out, 'regions.png'), await encodePng(drawn));
    await writeReportViewer(join(out, 'report.html'), loaded, [{ ...made, id: 'report', pictures }]);
  }
  print(json ? record : made.sentences.join(' '));
}
