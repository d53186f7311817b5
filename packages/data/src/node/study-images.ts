import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CONTEXT_FIELDS, type ViewKind } from '@raca/core';
import { z } from 'zod';
import { priorOf, type StudyLookup } from '../context';
import { imagePath, SPLITS, type Split, type Study } from '../dataset';
import { DataError, parseOrThrow, shown } from '../errors';
import { viewKindsOf } from '../views';
import { readJsonLists } from './json-lists';
import { imageFile } from './read';

/** What a study comes with, beside its own image files. All of it may be missing. */
export interface StudyContext {
  /** What each image shows, in the order of the images; otherwise what their headers say. */
  readonly views?: readonly ViewKind[];
  readonly indication?: string;
  readonly history?: string;
  readonly comparison?: string;
  readonly technique?: string;
  /** The earlier study. */
  readonly prior?: {
    readonly images?: readonly string[];
    readonly views?: readonly ViewKind[];
    readonly report?: string;
    /** Days from that study to this one. */
    readonly days?: number;
  };
}

/** A study by its pictures, and what it comes with. */
export interface StudyImages {
  readonly id: string;
  /** Image files, one a view. */
  readonly images: readonly string[];
  readonly context?: StudyContext;
}

const text = z.string().nullish();
const studyImagesSchema = z.looseObject({
  id: z.string().min(1, 'expected an id'),
  image_path: z.array(imagePath).min(1, 'expected at least one image'),
  report: text,
  indication: text,
  history: text,
  comparison: text,
  technique: text,
  day: z.number().nullish(),
  prior_study: text,
});
type Entry = z.infer<typeof studyImagesSchema>;

/**
 * The studies of a data set folder's `annotation.json`, in order, by ids and image files: reports may be missing or empty, and
 * so may whole splits. Images are not looked at. Of other fields only those that a model may read are taken ({@link StudyContext});
 * an earlier study is found in any split.
 *
 * @param split one split, or `all` for those that are there
 * @throws DataError one line naming file and field: no JSON, no such split, a study without id or images, an id used twice
 */
export function readStudyImages(dir: string, split: Split | 'all'): StudyImages[] {
  const file = join(dir, 'annotation.json');
  if (!existsSync(file)) throw new DataError(`${file}: expected a readable JSON file, found nothing`);
  const entries: Entry[] = [];
  const byId = new Map<string, Entry>();
  const places = new Map<string, string>();
  const counts = new Map<string, number>();
  const begin = (name: string): void => void counts.set(name, 0);
  for (const { list, index, value } of readJsonLists(file, { lists: begin })) {
    if (!(SPLITS as readonly string[]).includes(list)) continue;
    if (index === undefined) throw new DataError(`${file}: ${list}: expected array, found ${shown(value)}`);
    counts.set(list, index + 1);
    const isAsked = split === 'all' || list === split;
    const parsed = isAsked
      ? parseOrThrow(studyImagesSchema, value, file, [list, index])
      : studyImagesSchema.safeParse(value).data;
    if (parsed && !byId.has(parsed.id)) byId.set(parsed.id, parsed);
    if (!isAsked || !parsed) continue;
    const { id } = parsed;
    const place = `${list}[${index}]`;
    const earlier = places.get(id);
    if (earlier !== undefined)
      throw new DataError(
        `${file}: ${place}.id: expected ids used once, found ${shown(id)} also at ${earlier}`,
      );
    places.set(id, place);
    entries.push(parsed);
  }
  const filesOf = ({ image_path }: Entry) => image_path.map((path) => imageFile(dir, path));
  const lookup = (id: string) => byId.get(id) as Study | undefined;
  if (entries.length > 0)
    return entries.map((entry) => ({
      id: entry.id,
      images: filesOf(entry),
      context: contextOfEntry(entry, lookup, filesOf),
    }));
  const there = SPLITS.flatMap((name) => (counts.get(name) ? [`${counts.get(name)} in ${name}`] : []));
  const wanted = split === 'all' ? SPLITS.join(', ') : split;
  throw new DataError(
    `${file}: ${wanted}: expected at least one study, found none (${there.join(', ') || 'nor elsewhere'})`,
  );
}

function contextOfEntry(
  entry: Entry,
  lookup: StudyLookup,
  filesOf: (entry: Entry) => string[],
): StudyContext {
  const found = priorOf(entry as unknown as Study, lookup);
  const prior = found && 'study' in found ? found : null;
  const texts = CONTEXT_FIELDS.flatMap((field) => {
    const value = field === 'priorReport' ? undefined : entry[field];
    return typeof value === 'string' ? [[field, value]] : [];
  });
  return {
    views: viewKindsOf(entry),
    ...Object.fromEntries(texts),
    ...(prior && {
      prior: {
        images: filesOf(prior.study),
        views: viewKindsOf(prior.study),
        days: prior.days,
        ...(typeof prior.study.report === 'string' && { report: prior.study.report }),
      },
    }),
  };
}
