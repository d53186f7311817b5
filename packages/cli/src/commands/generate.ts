import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BackendName } from '@raca/backend/node';
import { writeFileAtomic } from '@raca/core/node';
import { REGIONS } from '@raca/core/regions';
import { encodePng } from '@raca/data/node';
import { regionsPicture } from '@raca/pipeline';
import { type FileReport, generateFromFiles, type LoadedRun, loadRun, RunFolder } from '@raca/pipeline/node';
import type { Command } from 'commander';
import { backendOption, startCompute } from '../compute';
import { modulesFor } from '../config-file';
import { UsageError, wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, pictureOptions } from '../image-options';
import { banner } from '../output';

interface GenerateFlags extends ImageFlags {
  run: string;
  images: string[];
  out?: string;
  maxPixels?: number;
  backend?: BackendName;
  json?: boolean;
}

export function addGenerate(program: Command): void {
  imageOptions(program.command('generate'))
    .description('write the report of one study from its image files')
    .requiredOption('--run <dir>', 'run folder of a trained model')
    .requiredOption('--images <file...>', 'DICOM, PNG, JPEG, TIFF, BMP, WebP or JPEG 2000, one per view')
    .option('--out <dir>', 'write report.txt, report.json and regions.png into this folder')
    .option('--max-pixels <n>', 'refuse larger images (default 50 million)', wholeNumber('--max-pixels'))
    .option(...backendOption)
    .option('--json', 'print report and region masks as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  raca generate --run run --images frontal.dcm lateral.dcm --out report',
    )
    .action(async (flags: GenerateFlags) => {
      banner();
      if (flags.out !== undefined && statSync(flags.out, { throwIfNoEntry: false })?.isDirectory() === false)
        throw new UsageError(`--out: expected a folder, found the file ${flags.out}`);
      const config = new RunFolder(flags.run).readConfig();
      await startCompute(flags.backend);
      const loaded = loadRun(flags.run, await modulesFor(config));
      try {
        const options = { ...(flags.maxPixels && { maxPixels: flags.maxPixels }), ...pictureOptions(flags) };
        const made = await generateFromFiles(loaded, flags.images, options);
        for (const line of made.warnings) console.error(line);
        const json = JSON.stringify(asJson(made, loaded));
        if (flags.out !== undefined) await writeFiles(flags.out, made, loaded, json);
        console.log(flags.json ? json : made.report);
      } finally {
        loaded.model.dispose();
      }
    });
}

/** What machines get: of the files their names, sizes and kinds, and nothing that was inside. */
function asJson({ report, masks, images, warnings }: FileReport, { config }: LoadedRun): object {
  const p = masks.length / REGIONS.length;
  const { grid, views } = config.model;
  return {
    report,
    images: images.map(({ file, format, image: { width, height } }) => ({ file, format, width, height })),
    warnings,
    views,
    grid,
    regions: Object.fromEntries(
      REGIONS.map((name, r) => [name, Array.from(masks.subarray(r * p, (r + 1) * p))]),
    ),
    notice: 'Not for clinical use.',
  };
}

async function writeFiles(dir: string, made: FileReport, { config }: LoadedRun, json: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const images = made.images.map(({ image }) => image);
  const picture = regionsPicture({ images, masks: made.masks, grid: config.model.grid });
  writeFileAtomic(join(dir, 'report.txt'), `${made.report}\n`);
  writeFileAtomic(join(dir, 'report.json'), `${json}\n`);
  writeFileAtomic(join(dir, 'regions.png'), await encodePng(picture));
}
