import type { Split, Study } from '../dataset';
import type { ImageChoice, SourceImage } from './image-choice';
import type { Sections } from './sections';

/** Ids become names of folders and files: no `..`, and short enough for every file system. */
export const SAFE_ID = /^(?!\.+$)[\w.-]{1,200}$/;

/** An image of a source and where it goes. */
export interface ImportImage extends SourceImage {
  /** Names under which its file may be found, the likeliest first. */
  readonly keys: readonly string[];
  /** Path below `images/` without extension; by default `<study>/<n>`. */
  readonly target?: string;
}

/** One study as a source gives it. */
export interface ImportStudy {
  readonly id: string;
  /** Studies of one patient go into one split. */
  readonly subject: string;
  /** File that it was read from. */
  readonly origin: string;
  readonly sections: Sections;
  /** A report that is ready (R2Gen's files); the sections are not looked at. */
  readonly text?: string;
  readonly images: readonly ImportImage[];
  readonly split?: Split;
  /**
   * Days since any moment that all studies of the source share; fractions are times of the day. Becomes the fields `day` and
   * `prior_study`.
   */
  readonly time?: number;
  /** Further fields of the study in `annotation.json`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A study that passed the filters: its text, its images in order, its split. */
export interface ChosenStudy extends Omit<ImportStudy, 'text' | 'split' | 'time'> {
  readonly text: string;
  readonly split: Split;
}

/** Path below `images/` of the n-th image (from 0) of a study. */
export function targetOf(
  study: { readonly id: string },
  image: ImportImage,
  n: number,
  extension: string,
): string {
  return `${image.target ?? `${study.id}/${n}`}.${extension}`;
}

/**
 * The entries of `annotation.json` of one study: one, or one for each image.
 *
 * @param paths below `images/`, one for each image
 */
export function entriesOf(study: ChosenStudy, paths: readonly string[], choice: ImageChoice): Study[] {
  const { id, subject, text, split, images, sections, extra = {} } = study;
  const context = {
    subject_id: subject,
    ...Object.fromEntries(
      (['indication', 'history', 'comparison', 'technique', 'findings', 'impression'] as const)
        .filter((part) => sections[part] !== undefined && sections[part] !== text)
        .map((part) => [part, sections[part]]),
    ),
    ...extra,
  };
  const entry = (entryId: string, chosen: readonly number[]): Study => ({
    id: entryId,
    report: text,
    image_path: chosen.map((n) => paths[n]),
    split,
    ...(images.some(({ view }) => view) && { views: chosen.map((n) => images[n].view ?? null) }),
    image_ids: chosen.map((n) => images[n].id),
    ...context,
  });
  if (choice !== 'each') return [entry(id, [...images.keys()])];
  return images.map((image, n) => entry(image.id, [n]));
}
