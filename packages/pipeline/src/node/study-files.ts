import { CONTEXT_FIELDS, type ContextField, type ViewKind } from '@raca/core';
import { cleanContext, ownSlots, viewSlots } from '@raca/data';
import {
  orderViews,
  type PictureOptions,
  type ReadImage,
  type ReadOptions,
  readRadiograph,
  type StudyContext,
} from '@raca/data/node';
import type { LoadedRun } from './load-run';
import { type PreparedPictures, type PreparedStudy, pixelsOf, viewWarnings } from './write-studies';

/** An image of a study that belongs to no data set. */
export interface StudyFile extends ReadImage {
  readonly file: string;
}

/** A study read from files: what a model takes, and the pictures that it takes, by slot. */
export interface StudyFromFiles {
  readonly prepared: PreparedStudy;
  readonly files: readonly StudyFile[];
}

/**
 * Reads a study's files and puts them into the slots of a model. Of more pictures than the model has views the first ones
 * are used.
 * @throws Error naming the file that cannot be read or is no chest radiograph; RangeError for kinds that do not fit the images
 */
export async function readStudyFiles(
  loaded: LoadedRun,
  images: readonly string[],
  context: StudyContext,
  reading: ReadOptions & PictureOptions,
): Promise<StudyFromFiles> {
  const { model, training } = loaded.config;
  const own = await placed(loaded, images, context.views, reading);
  const { prior } = context;
  const earlier = prior?.images?.length ? await placed(loaded, prior.images, prior.views, reading) : null;
  const given: Partial<Record<ContextField, string>> = { ...context, priorReport: prior?.report };
  const texts = Object.fromEntries(
    CONTEXT_FIELDS.flatMap((field) => {
      const text = given[field];
      return typeof text === 'string' ? [[field, cleanContext(text, training.cleaning)]] : [];
    }),
  );
  const asked = [...Object.keys(texts), ...(earlier ? ['prior'] : [])];
  const reads: readonly string[] = loaded.model.parts.context?.reads ?? [];
  const unread = asked.filter((name) => !reads.includes(name));
  const warnings = [
    ...own.warnings,
    ...viewWarnings(images.length, model),
    ...unread.map((name) => `the model reads no ${WORDS[name] ?? name}: it is not used`),
  ];
  const { warnings: _, files, ...pictures } = own;
  const before = earlier && reads.includes('prior') ? { ...earlier, days: prior?.days ?? Number.NaN } : null;
  return { prepared: { ...pictures, prior: before, texts, warnings }, files };
}

const WORDS: Readonly<Record<string, string>> = {
  prior: 'earlier study',
  priorReport: 'report of an earlier study',
};

interface Placed extends PreparedPictures {
  readonly files: readonly StudyFile[];
  readonly warnings: readonly string[];
}

async function placed(
  loaded: LoadedRun,
  images: readonly string[],
  views: readonly ViewKind[] | undefined,
  reading: ReadOptions & PictureOptions,
): Promise<Placed> {
  const { views: v, missingViews } = loaded.config.model;
  if (views && views.length !== images.length)
    throw new RangeError(
      `generate: expected a view for each of ${images.length} images, got ${views.length}`,
    );
  const given: StudyFile[] = [];
  const contradictions: string[] = [];
  const chosen = views && missingViews === 'empty' ? viewSlots(views, v, 'empty').pictures : null;
  for (const [i, file] of images.entries()) {
    if (chosen ? !chosen.includes(i) : i >= v) continue;
    const read = await readRadiograph(file, reading);
    const header = read.subject?.view ?? 'unknown';
    const view = views?.[i] ?? header;
    if (view !== header && header !== 'unknown')
      contradictions.push(`${file}: taken as ${view}, as asked; its header says ${header}`);
    given.push({ file, ...read, ...(view !== header && { subject: { ...UNTOLD, ...read.subject, view } }) });
  }
  const { views: ordered, warnings: moved } = orderViews(given);
  const kinds = ordered.map(({ subject }): ViewKind => subject?.view ?? 'unknown');
  const slots = viewSlots(kinds, v, missingViews);
  const shown = ownSlots(slots);
  const isAlone = missingViews === 'empty' && kinds.every((kind) => kind === 'lateral');
  return {
    pixels: slots.pictures.map((n) => (n === null ? null : pixelsOf(ordered[n].image, loaded))),
    kinds: slots.kinds,
    shown,
    shownKinds: shown.map((slot) => kinds[slots.pictures[slot]!]),
    files: shown.map((slot) => ordered[slots.pictures[slot]!]),
    warnings: [
      ...contradictions,
      ...(isAlone ? [] : moved),
      ...ordered.flatMap(({ file, warnings }) => warnings.map((line) => `${file}: ${line}`)),
    ],
  };
}

const UNTOLD = { forProcessing: false } as const;
