import {
  checkDataset,
  drawForReports,
  makePhantom,
  makeTimeline,
  type PhantomResult,
  type TimelineStatistics,
} from '@raca/data/node';
import type { Command } from 'commander';
import { FAILED, oneOf, UsageError, wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, pictureOptions } from '../image-options';
import { banner, interruptSignal, progress } from '../output';
import { print } from '../say';
import { addDataImport } from './data-import';
import { addDataShow } from './data-show';

const POSES = ['none', 'mild', 'strong'] as const;

interface DrawFlags {
  out: string;
  seed: number;
  size: number;
  pose: (typeof POSES)[number];
  json?: boolean;
}

interface PhantomFlags extends DrawFlags {
  train?: number;
  val?: number;
  test?: number;
  reports?: string;
  timeline?: boolean;
}

export function addData(program: Command): void {
  const data = program.command('data').description('make and check data set folders');

  drawOptions(data.command('phantom'))
    .description('make the phantom data set: made-up patients whose truth is known')
    .option(
      '--train <n>',
      'training studies (default: 1600); with --timeline patients (default: 600)',
      wholeNumber('--train'),
    )
    .option('--val <n>', 'validation studies (default: 200); patients (75)', wholeNumber('--val'))
    .option('--test <n>', 'test studies (default: 200); patients (75)', wholeNumber('--test'))
    .option(
      '--reports <dir>',
      'draw images for the real reports of this folder (annotation.json, reports.jsonl)',
    )
    .option(
      '--timeline',
      'patients with one to four studies, reports that compare them, and the true changes (changes.json)',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  raca data phantom --out phantom --seed 1\n  raca data phantom --timeline --out timeline --seed 1',
    )
    .action(async (flags: PhantomFlags) => {
      if (flags.timeline && flags.reports !== undefined)
        throw new UsageError('--timeline: expected without --reports, found both');
      banner('The images are drawn by a program: a test bed, no patients.');
      const { signal, done } = interruptSignal();
      const bar = progress('drawing');
      try {
        const onProgress = (n: number, total: number): void => bar.update(n, total);
        const options = { ...flags, onProgress, signal };
        const result: PhantomResult & { statistics?: TimelineStatistics } = flags.reports
          ? await drawForReports({ ...options, reports: flags.reports })
          : await (flags.timeline ? makeTimeline : makePhantom)(options);
        bar.stop();
        const { train, val, test } = result.counts;
        if (flags.json) print(JSON.stringify(result));
        else
          print(
            `${result.dir}: ${train} / ${val} / ${test} studies${result.reused ? ' (there already)' : ''}`,
          );
        if (result.statistics && !flags.json)
          for (const line of timelineLines(result.statistics)) print(line);
      } finally {
        bar.stop();
        done();
      }
    });

  addDataImport(data);
  addDataShow(data);

  imageOptions(data.command('check <dir>'))
    .description('look for faults in a data set folder (R2Gen layout)')
    .option('--fast', 'do not decode the images')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  raca data check phantom')
    .action(async (dir: string, flags: ImageFlags & { fast?: boolean; json?: boolean }) => {
      const { problems, counts } = await checkDataset(dir, {
        decodeImages: !flags.fast,
        pictures: pictureOptions(flags),
      });
      if (flags.json) print(JSON.stringify({ problems, counts }));
      else {
        for (const { level, message } of problems) print(`${level}: ${message}`);
        for (const [split, c] of Object.entries(counts.splits)) {
          print(`${split}: ${c.studies} studies, ${c.images} images, ${c.distinctReports} distinct reports`);
        }
        print(
          `vocabulary: ${counts.vocabulary.size} words (seen ${counts.vocabulary.threshold} times or more)`,
        );
      }
      if (problems.some(({ level }) => level === 'error')) throw FAILED;
    });
}

/** What a timeline holds, in four lines. */
function timelineLines({ patients, studies, withPrior, stated, views, indications }: TimelineStatistics) {
  const percent = (n: number, of: number): string => `${((100 * n) / Math.max(1, of)).toFixed(1)} %`;
  const shares = (counts: Readonly<Record<string, number>>, of: number): string =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${percent(n, of)}`)
      .join(', ');
  const { trueShare, ...kinds } = indications;
  return [
    `${patients} patients; ${withPrior} of ${studies} studies (${percent(withPrior, studies)}) have an earlier one`,
    `changes stated, of these: ${shares(stated, withPrior)}`,
    `views: ${shares(views, studies)}`,
    `indications: ${shares(kinds, studies)}; of the telling ones true: ${percent(trueShare, 1)}`,
  ];
}

function drawOptions(command: Command): Command {
  return command
    .requiredOption('--out <dir>', 'folder to make')
    .option('--seed <n>', 'same seed, same bytes', wholeNumber('--seed', -(2 ** 31)), 1)
    .option('--size <n>', 'side of the images in pixels', wholeNumber('--size', 16), 128)
    .option('--pose <name>', `how freely patients stand: ${POSES.join(', ')}`, oneOf('--pose', POSES), 'mild')
    .option('--json', 'print the result as JSON');
}
