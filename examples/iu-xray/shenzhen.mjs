// Makes a data set folder in R2Gen layout from the Shenzhen part of a folder with `data.csv` (columns image, dataset,
// reading) and its images: real X-rays, one view a study, the hospital's few words as report. Split by seed.
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { Random } from '@raca/core/random';
import { writeDataset } from '@raca/data/node';
import { Command } from 'commander';
import { parse } from 'csv-parse/sync';

const { from, out, seed } = new Command('shenzhen')
  .requiredOption('--from <dir>', 'folder with data.csv and images/')
  .requiredOption('--out <dir>', 'data set folder to make')
  .option('--seed <n>', 'of the split', Number, 1)
  .parse()
  .opts();

/** Shares of validation and test. */
const SHARE = 0.15;

const rows = parse(readFileSync(join(from, 'data.csv')), { columns: true, bom: true }).filter(
  ({ dataset, reading }) => /^shenzhen/i.test(dataset) && reading.trim() !== '',
);
if (rows.length === 0) {
  console.error(`${join(from, 'data.csv')}: expected rows of the Shenzhen set with a reading, found none`);
  process.exit(1);
}
const annotation = { train: [], val: [], test: [] };
new Random(seed).shuffle(rows).forEach(({ image, reading }, i) => {
  const split = i < SHARE * rows.length ? 'test' : i < 2 * SHARE * rows.length ? 'val' : 'train';
  const id = basename(image, extname(image));
  const path = `${id}/0${extname(image)}`;
  const target = join(out, 'images', path);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(from, image), target);
  annotation[split].push({ id, report: `${reading.trim().replace(/\.?$/, '.')}`, image_path: [path], split });
});
writeDataset(out, annotation, {
  source: 'Shenzhen No. 3 Hospital X-ray set (real images, short readings)',
  licence: 'open for research with citation and acknowledgement',
  sections: 'the hospital’s reading',
});
const { train, val, test } = annotation;
console.log(`${resolve(out)}: ${train.length} / ${val.length} / ${test.length} studies`);
