import { z } from 'zod';
import type { Split } from '../../../dataset';
import { DataError, parseOrThrow } from '../../../errors';
import type { ImportImage, ImportStudy } from '../../../import/study';
import { daysOf } from '../../../import/timeline';
import { readJsonLists } from '../../json-lists';
import { type FoundImage, foundImage, isImage } from '../images';
import type { ImportSource, Reading, SourceContent } from '../import-source';
import { filesByPath } from '../matched-files';
import type { DiskFile } from '../scratch';

const text = z.string().nullish();

/** One study of the metadata, by the names that the data set's files use; others are not read. */
const entrySchema = z.looseObject({
  PatientID: z.union([z.string(), z.number()]),
  ImagePath: z.array(z.string()),
  ImageViewPosition: z.array(z.string().nullable()).nullish(),
  StudyDate: z.union([z.string(), z.number()]).nullish(),
  Indication: text,
  Comparison: text,
  Findings: text,
  Impression: text,
});

const METADATA = /(?:^|[\s/])(train|valid|test)_metadata(?:_view_position)?\.json$/i;

/**
 * ReXGradient-160K: `train_metadata_view_position.json`, `valid_…` and `test_…` (or the same without views), an object of studies each, and
 * the folder `deid_png`. Fields as in https://huggingface.co/datasets/rajpurkarlab/ReXGradient-160K (arXiv:2505.00228); its CSV files name no
 * images.
 */
export const rexgradient: ImportSource = {
  name: 'rexgradient',
  about: {
    source: 'ReXGradient-160K (Harvard Medical School, Gradient Health)',
    licence: 'ReXGradient-160K Non-Commercial Data Access and Use Agreement',
    access: 'credentialed',
    cleaning: 'iu_xray',
  },
  section: 'findings-or-impression',
  published: [
    { name: 'ReXGradient-160K', unit: 'studies', counts: { train: 140_000, val: 10_000, test: 10_000 } },
    { name: 'ReXGradient-160K', unit: 'images', counts: { train: 238_968, val: 17_007, test: 17_029 } },
  ],
  read: readRexgradient,
};

/** @throws DataError without metadata, and for metadata that are no JSON */
async function readRexgradient(reading: Reading): Promise<SourceContent> {
  const tables = new Map<Split, DiskFile>();
  const files: FoundImage[] = [];
  for await (const file of reading.files()) {
    const part = METADATA.exec(file.name)?.[1].toLowerCase();
    if (part !== undefined) {
      const split = part === 'valid' ? 'val' : (part as Split);
      // the one with views stands over the one without
      if (!tables.has(split) || /_view_position/i.test(file.name))
        tables.set(split, await reading.onDisk(file));
    } else if (isImage(file.name.toLowerCase())) files.push(foundImage(file));
  }
  if (tables.size === 0)
    throw new DataError(
      `${reading.from.join(', ')}: expected train_metadata_view_position.json, valid_… or test_…, found none`,
    );
  const studies: ImportStudy[] = [];
  for (const [split, table] of tables) {
    await reading.hash(table);
    for (const study of studiesOf(table, split, reading)) studies.push(study); // too many to be arguments
  }
  return { studies, images: filesByPath(studies, files) };
}

function* studiesOf({ name, path }: DiskFile, split: Split, reading: Reading): Generator<ImportStudy> {
  for (const { list: id, index, value } of readJsonLists(path, { words: true })) {
    if (index !== undefined) throw new DataError(`${name}: ${id}: expected an object, found a list`);
    let entry: z.infer<typeof entrySchema>;
    try {
      entry = parseOrThrow(entrySchema, value, id);
    } catch (error) {
      reading.drop(id, 'unreadable entry', { place: (error as Error).message.replace(`${id}: `, '') });
      continue;
    }
    const { PatientID, ImagePath, ImageViewPosition, StudyDate } = entry;
    const time = daysOf(String(StudyDate ?? ''));
    yield {
      id,
      subject: String(PatientID),
      origin: name,
      sections: sectionsOf(entry),
      images: ImagePath.map(
        (image, n): ImportImage => ({ id: image, keys: [image], view: ImageViewPosition?.[n] ?? undefined }),
      ),
      split,
      ...(time !== undefined && { time }),
    };
  }
}

const PARTS = ['findings', 'impression', 'indication', 'comparison'] as const;
const FIELDS = {
  findings: 'Findings',
  impression: 'Impression',
  indication: 'Indication',
  comparison: 'Comparison',
} as const;

/** Sections that say something; "None" for findings or impression stands for a missing one. */
const sectionsOf = (entry: z.infer<typeof entrySchema>): ImportStudy['sections'] =>
  Object.fromEntries(
    PARTS.flatMap((part, i) => {
      const section = entry[FIELDS[part]]?.replace(/\s+/g, ' ').trim();
      return section && !(i < 2 && /^none\.?$/i.test(section)) ? [[part, section]] : [];
    }),
  );
