import { z } from 'zod';
import { imagePath, SPLITS, type Split, studySchema } from '../../../dataset';
import { DataError, parseOrThrow } from '../../../errors';
import type { GivenSplit } from '../../../import/given-split';
import { type ImportStudy, SAFE_ID } from '../../../import/study';
import { readJsonLists } from '../../json-lists';
import type { Reading } from '../import-source';
import type { DiskFile } from '../scratch';

const { indication, history, comparison, technique, day, patient, prior_study } = studySchema.shape;

/** An entry of R2Gen's files; its report may be blank, and its `split` is the name of its list. */
const entrySchema = z.looseObject({
  ...{ indication, history, comparison, technique, day, patient, prior_study },
  id: z.string().regex(SAFE_ID, 'expected letters, digits, ".", "_" or "-"'),
  report: z.string(),
  image_path: z.array(imagePath),
  subject_id: z.union([z.string(), z.number()]).optional(),
  study_id: z.union([z.string(), z.number()]).optional(),
});

type Entry = z.infer<typeof entrySchema> & { readonly split: Split };

function* entriesOf(file: string, onFault: (id: string, message: string) => void): Generator<Entry> {
  const lists = new Set<string>();
  for (const { list, index, value } of readJsonLists(file, { lists: (name) => lists.add(name) })) {
    if (index === undefined || !(SPLITS as readonly string[]).includes(list)) continue;
    const place = `${list}[${index}]`;
    try {
      yield { ...parseOrThrow(entrySchema, value, place), split: list as Split };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      onFault(place, error.message);
    }
  }
  const missing = SPLITS.find((split) => !lists.has(split));
  if (missing) throw new DataError(`${file}: ${missing}: expected an array, found nothing`);
}

/** Reads the split of R2Gen's `annotation.json`. @throws DataError */
export function readGivenSplit(file: string): GivenSplit {
  const entries = [];
  const fault = (_: string, message: string) => {
    throw new DataError(`${file}: ${message}`);
  };
  for (const { id, split, report } of entriesOf(file, fault)) entries.push({ id, split, report });
  return { entries };
}

/** Reads the studies of R2Gen's archive: reports are taken as they stand. */
export async function readR2gen(files: readonly DiskFile[], reading: Reading): Promise<ImportStudy[]> {
  if (files.length > 1)
    throw new DataError(`expected one annotation.json, found ${files.map(({ name }) => name).join(', ')}`);
  const [{ name, path }] = files;
  await reading.hash(files[0], 'annotation.json');
  try {
    return studiesOf(path, reading);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(error.message.replaceAll(path, name), { cause: error });
  }
}

function studiesOf(path: string, reading: Reading): ImportStudy[] {
  const fault = (place: string, message: string) =>
    reading.drop(place, 'unreadable entry', { place: message.replace(`${place}: `, '') });
  return [...entriesOf(path, fault)].map(
    ({ id, report, image_path, split, subject_id, study_id, ...rest }) => {
      const { views, ...extra } = rest as { views?: unknown };
      const view = (n: number) =>
        Array.isArray(views) && typeof views[n] === 'string' ? views[n] : undefined;
      return {
        id,
        subject: String(subject_id ?? id),
        origin: 'annotation.json',
        sections: {},
        text: report,
        split,
        images: image_path.map((name, n) => ({
          id: image_path.length === 1 ? id : `${id}/${n}`,
          view: view(n),
          keys: [name],
          target: name.replace(/\.[^./]*$/, ''),
        })),
        extra: { ...extra, ...(study_id !== undefined && { study_id }) },
      };
    },
  );
}
