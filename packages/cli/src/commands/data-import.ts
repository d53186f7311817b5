import { IMAGE_CHOICES, type ImageChoice, MARK_CHOICES, SECTION_CHOICES } from '@raca/data';
import {
  IMAGE_MODES,
  type ImportResult,
  IU_FORMS,
  importCsv,
  importIuXray,
  importMimicCxr,
  MIMIC_FORMS,
} from '@raca/data/node';
import type { Command } from 'commander';
import { oneOf, UsageError, wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, pictureOptions } from '../image-options';
import { importSummary } from '../import-table';
import { banner, interruptSignal, progress } from '../output';
import { print, say } from '../say';

interface ImportFlags extends ImageFlags {
  from: string[];
  out: string;
  form?: string;
  idColumn?: string;
  imageColumn?: string;
  reportColumn?: string;
  section: (typeof SECTION_CHOICES)[number];
  marks: (typeof MARK_CHOICES)[number];
  untitled?: boolean;
  perStudy?: ImageChoice;
  views?: string;
  images: (typeof IMAGE_MODES)[number];
  withoutImages?: boolean;
  split?: string;
  seed: number;
  shares?: string;
  overwrite?: boolean;
  json?: boolean;
}

/** Registers `raca data import`. */
export function addDataImport(data: Command): void {
  const command = data.command('import').description('import a published data set into a data set folder');

  importForms(command.command('iu-xray'), IU_FORMS)
    .description("IU X-ray: Open-i's XML reports, Kaggle's CSV pair, or R2Gen's archive")
    .addHelpText(
      'after',
      '\nExample:\n  raca data import iu-xray --from NLMCXR_reports.tgz NLMCXR_png.tgz --split annotation.json --out iu-xray',
    )
    .action((flags: ImportFlags) =>
      run(flags, (options) => importIuXray({ ...options, form: flags.form as (typeof IU_FORMS)[number] })),
    );

  importForms(command.command('mimic-cxr'), MIMIC_FORMS)
    .description("MIMIC-CXR: PhysioNet's trees, or R2Gen's archive")
    .addHelpText(
      'after',
      '\nExample:\n  raca data import mimic-cxr --from mimic-cxr mimic-cxr-jpg --images link --out mimic\n' +
        '\nThe text of MIMIC-CXR is credentialed: it must not leave your machine.',
    )
    .action((flags: ImportFlags) =>
      run(flags, (options) =>
        importMimicCxr({ ...options, form: flags.form as (typeof MIMIC_FORMS)[number] }),
      ),
    );

  importOptions(command.command('csv'), 'findings-or-impression')
    .description('a table of image paths and reports: CheXpert Plus, or one of your own')
    .option('--id-column <name>', 'of the study; default: study_id, uid, id …, else from the image path')
    .option('--image-column <name>', 'default: path_to_image, image_path, image, path, filename …')
    .option('--report-column <name>', 'default: findings and impression, else report, text …')
    .addHelpText(
      'after',
      '\nExample:\n  raca data import csv --from reports.csv images --out my-data\n' +
        '\nA column split (train, val, test) is kept; without it studies are split by patient (patient_id, subject_id).' +
        '\nThe reports count as credentialed until manifest.json says "access": "open".' +
        '\nOther forms (JSON of ReXGradient): convert them to a CSV with the columns id, image_path, findings, impression, split.',
    )
    .action((flags: ImportFlags) =>
      run(flags, (options) =>
        importCsv({
          ...options,
          columns: { id: flags.idColumn, image: flags.imageColumn, report: flags.reportColumn },
        }),
      ),
    );
}

const importForms = (command: Command, forms: readonly string[]): Command =>
  importOptions(command).option(
    '--form <name>',
    `where there are several: ${forms.join(', ')}`,
    oneOf('--form', forms),
  );

function importOptions(command: Command, section = 'findings'): Command {
  return imageOptions(command)
    .requiredOption('--from <paths...>', 'folders and archives (zip, tgz) with reports, tables and images')
    .requiredOption('--out <dir>', 'data set folder to make')
    .option('--section <name>', SECTION_CHOICES.join(', '), oneOf('--section', SECTION_CHOICES), section)
    .option(
      '--marks <name>',
      'marks of de-identification (XXXX, ___): keep, drop',
      oneOf('--marks', MARK_CHOICES),
      'keep',
    )
    .option('--untitled', 'take the last paragraph where a report has no headers')
    .option('--no-untitled', 'never do so (default for findings and for impression)')
    .option(
      '--per-study <name>',
      `images of a study: ${IMAGE_CHOICES.join(', ')} (default: two for IU X-ray, one for MIMIC-CXR, all for a CSV)`,
      oneOf('--per-study', IMAGE_CHOICES),
    )
    .option('--views <list>', 'take only these views, e.g. PA,AP,unknown')
    .option('--images <mode>', IMAGE_MODES.join(', '), oneOf('--images', IMAGE_MODES), 'copy')
    .option('--without-images', 'reports only, the same as --images none')
    .option('--split <file>', "take split and ids of R2Gen's annotation.json")
    .option('--seed <n>', 'of the own split by patient', wholeNumber('--seed', -(2 ** 31)), 42)
    .option('--shares <list>', 'train, val and test of the own split', '7,1,2')
    .option('--overwrite', 'replace an earlier import of other options')
    .option('--json', 'print the result as JSON');
}

type Options = Parameters<typeof importIuXray>[0];

async function run(
  flags: ImportFlags,
  start: (options: Omit<Options, 'form'>) => Promise<ImportResult>,
): Promise<void> {
  banner();
  const { signal, done } = interruptSignal();
  const bar = progress('images');
  try {
    const result = await start({
      ...flags,
      pictures: pictureOptions(flags),
      images: flags.withoutImages ? 'none' : flags.images,
      views: flags.views?.split(','),
      shares: shares(flags.shares),
      onProgress: (n, total) => bar.update(n, total),
      signal,
    });
    bar.stop();
    print(flags.json ? JSON.stringify(result) : importSummary(result));
  } catch (error) {
    bar.stop();
    if (signal.aborted) say('stopped: the same command goes on where this one was');
    throw error;
  } finally {
    bar.stop();
    done();
  }
}

function shares(text = ''): [number, number, number] {
  const numbers = text.split(',').map(Number);
  if (numbers.length !== 3 || !numbers.every((share) => share >= 0) || !numbers.some((share) => share > 0)) {
    throw new UsageError(`--shares: expected three numbers such as 7,1,2, found "${text}"`);
  }
  return numbers as [number, number, number];
}
