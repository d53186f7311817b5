import { checkDataset, drawForReports, makePhantom, type PhantomResult } from '@raca/data/node';
import type { Command } from 'commander';
import { FAILED, oneOf, wholeNumber } from '../errors';
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

export function addData(program: Command): void {
  const data = program.command('data').description('make and check data set folders');

  drawOptions(data.command('phantom'))
    .description('make the phantom data set: made-up patients whose truth is known')
    .option('--train <n>', 'training studies', wholeNumber('--train'), 1600)
    .option('--val <n>', 'validation studies', wholeNumber('--val'), 200)
    .option('--test <n>', 'test studies', wholeNumber('--test'), 200)
    .option(
      '--reports <dir>',
      'draw images for the real reports of this folder (annotation.json, reports.jsonl)',
    )
    .addHelpText('after', '\nExample:\n  raca data phantom --out phantom --seed 1')
    .action(async (flags: DrawFlags & { train: number; val: number; test: number; reports?: string }) => {
      banner('The images are drawn by a program: a test bed, no patients.');
      const { signal, done } = interruptSignal();
      const bar = progress('drawing');
      try {
        const onProgress = (n: number, total: number): void => bar.update(n, total);
        const options = { ...flags, onProgress, signal };
        const result: PhantomResult = flags.reports
          ? await drawForReports({ ...options, reports: flags.reports })
          : await makePhantom(options);
        bar.stop();
        const { train, val, test } = result.counts;
        if (flags.json) print(JSON.stringify(result));
        else
          print(
            `${result.dir}: ${train} / ${val} / ${test} studies${result.reused ? ' (there already)' : ''}`,
          );
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

function drawOptions(command: Command): Command {
  return command
    .requiredOption('--out <dir>', 'folder to make')
    .option('--seed <n>', 'same seed, same bytes', wholeNumber('--seed', -(2 ** 31)), 1)
    .option('--size <n>', 'side of the images in pixels', wholeNumber('--size', 16), 128)
    .option('--pose <name>', `how freely patients stand: ${POSES.join(', ')}`, oneOf('--pose', POSES), 'mild')
    .option('--json', 'print the result as JSON');
}
