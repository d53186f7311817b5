import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BackendName } from '@raca/backend/node';
import { writeFileAtomic } from '@raca/core/node';
import { SPLITS, type Split } from '@raca/data';
import {
  encodePng,
  type PictureOptions,
  type ReadOptions,
  readStudyImages,
  type StudyImages,
} from '@raca/data/node';
import { regionsPicture, reportRecord, reportText, trainingNotices } from '@raca/pipeline';
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
  raca generate --run run --studies studies/ --out reports
  raca generate --run run --data my-data --split all --out reports --pictures

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
        else await generateOne(loaded, flags.images!, { ...flags, reading });
      } finally {
        loaded.model.dispose();
      }
    });
}

/** How every image is read. */
const readOptions = (flags: GenerateFlags): ReadOptions & PictureOptions => ({
  ...(flags.maxPixels && { maxPixels: flags.maxPixels }),
  ...pictureOptions(flags),
});

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
  { out, json, reading }: Pick<GenerateFlags, 'out' | 'json'> & { reading: ReadOptions },
): Promise<void> {
  const made = await generateFromFiles(loaded, files, reading);
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
    const { masks, probabilities } = made;
    const drawn = regionsPicture({ images: pictures, masks, probabilities, grid: loaded.config.model.grid });
    writeFileAtomic(join(out, 'report.txt'), reportText(made, context));
    writeFileAtomic(join(out, 'report.json'), `${record}\n`);
    writeFileAtomic(join(out, 'regions.png'), await encodePng(drawn));
    await writeReportViewer(join(out, 'report.html'), loaded, [{ ...made, id: 'report', pictures }]);
  }
  print(json ? record : made.sentences.join(' '));
}
