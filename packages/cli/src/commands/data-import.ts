import { IMAGE_CHOICES, type ImageChoice, MARK_CHOICES, SECTION_CHOICES } from '@raca/data';
import {
  COLUMN_ROLES,
  type ColumnRole,
  type CsvColumns,
  chexpertPlus,
  csv,
  IMAGE_MODES,
  type ImportSource,
  IU_FORMS,
  type IuForm,
  importDataset,
  iuXray,
  MIMIC_FORMS,
  type MimicForm,
  mimicCxr,
  padchest,
  rexgradient,
  rexrank,
} from '@raca/data/node';
import type { Command } from 'commander';
import { oneOf, UsageError, wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, pictureOptions } from '../image-options';
import { ownSource } from '../import-source';
import { importSummary } from '../import-table';
import { banner, interruptSignal, progress } from '../output';
import { print, say } from '../say';

interface ImportFlags extends ImageFlags, Partial<Record<`${ColumnRole}Column`, string>> {
  from: string[];
  out: string;
  form?: string;
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
    .action((flags: ImportFlags) => run(flags, iuXray(flags.form as IuForm)));

  importForms(command.command('mimic-cxr'), MIMIC_FORMS)
    .description("MIMIC-CXR: PhysioNet's trees, or R2Gen's archive")
    .addHelpText(
      'after',
      '\nExample:\n  raca data import mimic-cxr --from mimic-cxr mimic-cxr-jpg --images link --out mimic\n' +
        '\nThe text of MIMIC-CXR is credentialed: it must not leave your machine.',
    )
    .action((flags: ImportFlags) => run(flags, mimicCxr(flags.form as MimicForm)));

  columnOptions(importOptions(command.command('csv'), 'findings-or-impression'))
    .description(
      'a table of image paths and reports of your own; CheXpert Plus and PadChest are told by their columns',
    )
    .addHelpText(
      'after',
      '\nExample:\n  raca data import csv --from reports.csv images --out my-data\n' +
        '\nA column split (train, val, test) is kept; without it studies are split by patient (patient_id, subject_id).' +
        '\nThe reports count as credentialed until manifest.json says "access": "open".',
    )
    .action((flags: ImportFlags) => run(flags, csv(columnsOf(flags))));

  importOptions(command.command('chexpert-plus'), 'findings-or-impression')
    .description('CheXpert Plus: df_chexpert_plus_240401.csv and its PNG or DICOM tree')
    .addHelpText(
      'after',
      '\nExample:\n  raca data import chexpert-plus --from df_chexpert_plus_240401.csv PNG --images link --out chexpert-plus',
    )
    .action((flags: ImportFlags) => run(flags, chexpertPlus));

  importOptions(command.command('rexgradient'), 'findings-or-impression')
    .description('ReXGradient-160K: metadata/*_metadata_view_position.json and deid_png')
    .addHelpText(
      'after',
      '\nExample:\n  raca data import rexgradient --from metadata deid_png --images link --out rexgradient',
    )
    .action((flags: ImportFlags) => run(flags, rexgradient));

  importOptions(command.command('padchest'), 'findings-or-impression')
    .description('PadChest: its table of images and labels, and its folders of images; reports in Spanish')
    .addHelpText(
      'after',
      '\nExample:\n  raca data import padchest --from PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz images --out padchest',
    )
    .action((flags: ImportFlags) => run(flags, padchest));

  importOptions(command.command('rexrank'), 'both')
    .description('an input file of the ReXrank leaderboard, and its images')
    .addHelpText(
      'after',
      '\nExample:\n  raca data import rexrank --from ReXRank_IUXray_test.json images --out rexrank-iu' +
        '\n  raca generate --run run --data rexrank-iu --format rexrank --out answers',
    )
    .action((flags: ImportFlags) => run(flags, rexrank));

  importOptions(command.command('own <module>'))
    .description(
      'a data set that a file of yours reads: its default export is an ImportSource; its code runs',
    )
    .addHelpText(
      'after',
      '\nExample:\n  raca data import own ./hospital.mjs --from hospital --out hospital-data\n' +
        '\nSee examples/own-source.',
    )
    .action(async (file: string, flags: ImportFlags) => {
      const source = await ownSource(file);
      await run({ ...flags, section: flags.section ?? source.section }, source);
    });
}

/** An option a role of a column. */
function columnOptions(command: Command): Command {
  const usual: Partial<Record<ColumnRole, string>> = {
    id: 'of the study; default: study_id, uid, id …, else from the image path',
    image: 'default: path_to_image, image_path, image, path, filename …',
    report: 'default: findings and impression, else report, text …',
    date: 'of the study, as 20240131 or 2024-01-31; gives days and earlier studies; default: study_date, date',
  };
  for (const role of COLUMN_ROLES)
    command.option(`--${role}-column <name>`, usual[role] ?? `default: ${role} and names like it`);
  return command;
}

const columnsOf = (flags: ImportFlags): CsvColumns =>
  Object.fromEntries(COLUMN_ROLES.map((role) => [role, flags[`${role}Column`]]));

const importForms = (command: Command, forms: readonly string[]): Command =>
  importOptions(command, 'findings').option(
    '--form <name>',
    `where there are several: ${forms.join(', ')}`,
    oneOf('--form', forms),
  );

function importOptions(command: Command, section?: string): Command {
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
      `images of a study: ${IMAGE_CHOICES.join(', ')} (default: two for IU X-ray, one for MIMIC-CXR, all for others)`,
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

async function run(flags: ImportFlags, source: ImportSource): Promise<void> {
  banner();
  const { signal, done } = interruptSignal();
  const bar = progress('images');
  try {
    const result = await importDataset(source, {
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
