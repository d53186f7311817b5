import { join } from 'node:path';
import { writeFileAtomic } from '@raca/core/node';
import { type Labeler, showDataset } from '@raca/data/node';
import { labelReport } from '@raca/metrics';
import type { Command } from 'commander';
import { wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, pictureOptions } from '../image-options';
import { banner, progress } from '../output';
import { print } from '../say';

interface ShowFlags extends ImageFlags {
  out?: string;
  samples: number;
  images: number;
  seed: number;
  labels: boolean;
  json?: boolean;
}

/** Registers `raca data show`. */
export function addDataShow(data: Command): void {
  imageOptions(data.command('show <dir>'))
    .description(
      'write a page about a data set folder: samples, labels, lengths, words, views, leaks, odd images',
    )
    .option('--out <file>', 'page to write (default: data.html in the folder)')
    .option('--samples <n>', 'studies shown with images', wholeNumber('--samples', 0), 12)
    .option('--images <n>', 'images that are read and looked at', wholeNumber('--images', 0), 200)
    .option('--seed <n>', 'of the choice of samples and images', wholeNumber('--seed', -(2 ** 31)), 1)
    .option('--no-labels', 'leave out the frequencies of the 14 classes')
    .option('--json', 'print the numbers as JSON')
    .addHelpText('after', '\nExample:\n  raca data show iu-xray --out iu-xray.html')
    .action(async (dir: string, flags: ShowFlags) => {
      banner();
      const bar = progress('images');
      try {
        const { samples, images, seed } = flags;
        const label: Labeler | undefined = flags.labels
          ? (report) => ({ ...labelReport(report) })
          : undefined;
        const onProgress = (n: number, total: number): void => bar.update(n, total);
        const { html, summary, survey } = await showDataset(dir, {
          samples,
          images,
          seed,
          label,
          pictures: pictureOptions(flags),
          onProgress,
        });
        bar.stop();
        const file = flags.out ?? join(dir, 'data.html');
        writeFileAtomic(file, html);
        print(flags.json ? JSON.stringify({ file, summary, survey }) : file);
      } finally {
        bar.stop();
      }
    });
}
