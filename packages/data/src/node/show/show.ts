import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '@raca/core/node';
import { Random } from '@raca/core/random';
import { type Annotation, type Manifest, parseManifest, SPLITS, type Study } from '../../dataset';
import { DataError } from '../../errors';
import { resizeShortSide } from '../../image/resize';
import type { Cleaning } from '../../text/clean';
import { encodePng, type PictureOptions, readImage } from '../decode';
import { imageFile, readAnnotation, readJson } from '../read';
import { dataPage } from './page';
import { type DataSummary, type Labeler, summarise } from './summary';

/** Options of {@link showDataset}. */
export interface ShowOptions {
  /** Studies shown with images; default 12. */
  readonly samples?: number;
  /** Images that are read and looked at, chosen by seed; default 200. */
  readonly images?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Adds frequencies of labels, e.g. `labelReport` of `@raca/metrics`. */
  readonly label?: Labeler;
  /** Default: that of the manifest, else `iu_xray`. */
  readonly cleaning?: Cleaning;
  /** How images are read; by default as their files say. */
  readonly pictures?: PictureOptions;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A study of the page. */
export interface Sample {
  readonly study: Study;
  /** PNG as data address, or why there is none. */
  readonly pictures: readonly ({ readonly src: string } | { readonly fault: string })[];
}

/** What looking at some images has found. */
export interface ImageSurvey {
  readonly looked: number;
  readonly missing: number;
  /** Width x height, most frequent first. */
  readonly sizes: readonly (readonly [size: string, count: number])[];
  /** What looks wrong, by image. */
  readonly odd: readonly { readonly path: string; readonly warnings: readonly string[] }[];
}

export interface ShownDataset {
  readonly html: string;
  readonly summary: DataSummary;
  readonly survey: ImageSurvey;
}

/**
 * Makes a page of its own about a data set folder: samples, labels, lengths, words, views, leaks between splits, images
 * that look wrong. Images that are missing or unreadable are named on it.
 *
 * @throws DataError if there is no readable `annotation.json`
 */
export async function showDataset(dir: string, options: ShowOptions = {}): Promise<ShownDataset> {
  const { samples = 12, images = 200, seed = 1, label, pictures } = options;
  const annotation = readAnnotation(join(dir, 'annotation.json'));
  const file = join(dir, 'manifest.json');
  const manifest = existsSync(file) ? parseManifest(readJson(file), file) : undefined;
  const summary = summarise(annotation, { cleaning: options.cleaning ?? manifest?.cleaning, label });
  const random = new Random(seed);
  const survey = await surveyImages(dir, annotation, images, random.split('images'), options);
  const shown = await samplesOf(dir, annotation, samples, random.split('samples'), pictures);
  return { html: dataPage({ dir, manifest, summary, survey, samples: shown }), summary, survey };
}

/** What the page is made of. */
export interface PageContent {
  readonly dir: string;
  readonly manifest?: Manifest;
  readonly summary: DataSummary;
  readonly survey: ImageSurvey;
  readonly samples: readonly Sample[];
}

async function surveyImages(
  dir: string,
  annotation: Annotation,
  count: number,
  random: Random,
  { onProgress, pictures }: ShowOptions,
): Promise<ImageSurvey> {
  const paths = SPLITS.flatMap((split) => annotation[split].flatMap(({ image_path }) => image_path));
  const chosen = random.shuffle([...new Set(paths)]).slice(0, count);
  const sizes = new Map<string, number>();
  const odd: { path: string; warnings: readonly string[] }[] = [];
  let missing = 0;
  for (const [n, path] of chosen.entries()) {
    onProgress?.(n, chosen.length);
    if (!existsSync(imageFile(dir, path))) {
      missing++;
      continue;
    }
    try {
      const { image, faults, warnings } = await readImage(imageFile(dir, path), pictures);
      const size = `${image.width} x ${image.height}`;
      sizes.set(size, (sizes.get(size) ?? 0) + 1);
      if (faults.length + warnings.length > 0) odd.push({ path, warnings: [...faults, ...warnings] });
    } catch (error) {
      if (!(error instanceof DataError)) throw error; // the disk's fault, not the image's
      odd.push({ path, warnings: [error.message.replace(`${imageFile(dir, path)}: `, '')] });
    }
  }
  return {
    looked: chosen.length,
    missing,
    sizes: [...sizes].sort(([, a], [, b]) => b - a).slice(0, 10),
    odd,
  };
}

const PICTURE = 160; // short side in pixels
const MOST_PICTURES = 4;

async function samplesOf(
  dir: string,
  annotation: Annotation,
  count: number,
  random: Random,
  shownAs: PictureOptions | undefined,
): Promise<Sample[]> {
  const studies = random.shuffle(SPLITS.flatMap((split) => [...annotation[split]])).slice(0, count);
  const samples: Sample[] = [];
  for (const study of studies) {
    const pictures: Sample['pictures'][number][] = [];
    for (const path of study.image_path.slice(0, MOST_PICTURES)) {
      const file = imageFile(dir, path);
      if (!existsSync(file)) pictures.push({ fault: `${path}: no file` });
      else {
        try {
          const { image } = await readImage(file, shownAs);
          const png = await encodePng(resizeShortSide(image, Math.min(PICTURE, image.width, image.height)));
          pictures.push({ src: `data:image/png;base64,${Buffer.from(png).toString('base64')}` });
        } catch (error) {
          if (isSystemError(error)) throw error;
          pictures.push({ fault: (error as Error).message.replace(`${file}: `, `${path}: `) });
        }
      }
    }
    samples.push({ study, pictures });
  }
  return samples;
}
