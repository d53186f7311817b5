import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { imagePath, SPLITS, type Split } from '../dataset';
import { DataError, parseOrThrow, shown } from '../errors';
import { readJsonLists } from './json-lists';
import { imageFile } from './read';

/** A study by its pictures alone. */
export interface StudyImages {
  readonly id: string;
  /** Image files, one a view. */
  readonly images: readonly string[];
}

const studyImagesSchema = z.looseObject({
  id: z.string().min(1, 'expected an id'),
  image_path: z.array(imagePath).min(1, 'expected at least one image'),
});

/**
 * The studies of a data set folder's `annotation.json`, in order, by ids and image files alone: reports may be missing or
 * empty, and so may whole splits. Neither images nor other fields are looked at.
 *
 * @param split one split, or `all` for those that are there
 * @throws DataError one line naming file and field: no JSON, no such split, a study without id or images, an id used twice
 */
export function readStudyImages(dir: string, split: Split | 'all'): StudyImages[] {
  const file = join(dir, 'annotation.json');
  if (!existsSync(file)) throw new DataError(`${file}: expected a readable JSON file, found nothing`);
  const studies: StudyImages[] = [];
  const places = new Map<string, string>();
  const counts = new Map<string, number>();
  const begin = (name: string): void => void counts.set(name, 0);
  for (const { list, index, value } of readJsonLists(file, { lists: begin })) {
    if (!(SPLITS as readonly string[]).includes(list)) continue;
    if (index === undefined) throw new DataError(`${file}: ${list}: expected array, found ${shown(value)}`);
    counts.set(list, index + 1);
    if (split !== 'all' && list !== split) continue;
    const { id, image_path } = parseOrThrow(studyImagesSchema, value, file, [list, index]);
    const place = `${list}[${index}]`;
    const earlier = places.get(id);
    if (earlier !== undefined)
      throw new DataError(
        `${file}: ${place}.id: expected ids used once, found ${shown(id)} also at ${earlier}`,
      );
    places.set(id, place);
    studies.push({ id, images: image_path.map((path) => imageFile(dir, path)) });
  }
  if (studies.length > 0) return studies;
  const there = SPLITS.flatMap((name) => (counts.get(name) ? [`${counts.get(name)} in ${name}`] : []));
  const wanted = split === 'all' ? SPLITS.join(', ') : split;
  throw new DataError(
    `${file}: ${wanted}: expected at least one study, found none (${there.join(', ') || 'nor elsewhere'})`,
  );
}
