import type { ContextField, ContextSource, ViewKind } from '@raca/core';
import { augmentationDraws, epochOrder, type Pass } from '../batch/plan';
import { type StudyTexts, studyTexts } from '../batch/study-texts';
import { type TextBatch, textBatch } from '../batch/text';
import { contextOf, priorOf, type StudyLookup, studyLookup } from '../context';
import type { Split, Study } from '../dataset';
import { DataError } from '../errors';
import { checkTransform, type Transform } from '../image/transform';
import type { Cleaning } from '../text/clean';
import type { Tokenizer } from '../text/tokenizer';
import { type MissingViews, type ViewSlots, viewSlots } from '../view-slots';
import { viewKindsOf } from '../views';
import type { ImageCache } from './image-cache';
import { type ImageRequest, loadImages } from './load-images';
import { type Dataset, imageFile } from './read';
import { WorkerPool, workerFile } from './worker-pool';

/** The pictures of a batch. Axes: b study, v slot, H, W pixels. */
export interface PictureBatch {
  /** `[b, v, H, W, 3]`, ImageNet-normalised, 0 in empty slots; empty where the loader has no transform. */
  readonly images: Float32Array<ArrayBuffer>;
  readonly shape: [b: number, v: number, height: number, width: number, channels: 3];
  /** What each slot shows, `[b][v]`; null: it is empty. */
  readonly kinds: (readonly (ViewKind | null)[])[];
  /** The file behind each slot, `[b][v]`: keys of stored features; null: it is empty. */
  readonly imageFiles: (readonly (string | null)[])[];
}

/** One batch as plain arrays. */
export interface StudyBatch extends TextBatch, PictureBatch {
  /** Place of each study in its split. */
  readonly indices: number[];
  /** Which picture of its study each slot shows, `[b][v]`; null: it is empty. */
  readonly pictures: (readonly (number | null)[])[];
  /** The earlier study of each, all slots empty where there is none; null where the loader was not asked. */
  readonly prior: (PictureBatch & { /** `[b]`, NaN unknown. */ readonly days: Float32Array }) | null;
  /** Texts that were asked for, by field. */
  readonly texts: Partial<Record<ContextField, StudyTexts>>;
  /** Studies of the epoch done with this batch: `start` of the pass that goes on after it. */
  readonly cursor: number;
}

/** What a model reads besides the pictures of a study. */
export interface ContextOptions {
  readonly reads: readonly ContextSource[];
  /** Of the context's own vocabulary. */
  readonly tokenizer: Tokenizer;
  /** Longest text in words. */
  readonly maxLength: number;
}

export interface LoaderOptions {
  readonly batchSize: number;
  readonly tokenizer: Tokenizer;
  /** Longest token row, begin and end mark included. */
  readonly maxLength: number;
  /** Default: that of the manifest, else `iu_xray`. */
  readonly cleaning?: Cleaning;
  /** Names of the regions that sentences speak of (default: the 12). */
  readonly regions?: readonly string[];
  /** v, slots a study (default 1); further pictures are left out. */
  readonly views?: number;
  /**
   * What happens to the slots of a study with fewer pictures (`viewSlots`). `repeat` (default): its last picture is put there
   * again, as the published systems do. `empty`: they stay empty.
   */
  readonly missingViews?: MissingViews;
  /** Absent: nothing but pictures and reports. */
  readonly context?: ContextOptions;
  /** `null`: text only, for models that run on stored features. */
  readonly transform: Transform | null;
  /** Seed of order and augmentation (default 0). */
  readonly seed?: number;
  /** Drop a last batch that is short (default false). */
  readonly dropLast?: boolean;
  /** Decoding threads; 0 decodes on the calling thread. Default 1, or 0 where the sources run unbuilt. */
  readonly workers?: number;
  /** Batches loaded ahead of the one in use (default 2). */
  readonly lookAhead?: number;
  readonly cache?: ImageCache;
  /**
   * Whether `images` of a batch are given up when the next one is asked for, so that their memory serves again (default
   * false). Spares the garbage collector several megabytes a batch.
   */
  readonly reuse?: boolean;
  /**
   * Called once for each file that cannot be read, with a line that names it; its study is then left out, whatever thread or
   * moment it is met in. Without this the first such file ends the pass.
   */
  readonly onUnreadable?: (line: string) => void;
}

export interface PassOptions {
  /** Default 0. */
  readonly epoch?: number;
  /** Random order (default: for `train` only). */
  readonly shuffle?: boolean;
  /** Studies of this epoch that are done already (default 0): the `cursor` of the last batch used. */
  readonly start?: number;
}

/**
 * Makes batches of a data set, read and transformed ahead of use, off the calling thread. Order and augmentation
 * depend on seed, epoch and study alone, never on timing. Its threads stay for further epochs until {@link close}.
 */
export class StudyLoader {
  private readonly pool?: WorkerPool;
  private readonly views: number;
  private readonly seed: number;
  private readonly cleaning: Cleaning;
  private readonly lookup: StudyLookup;
  private readonly unreadable = new Set<string>();
  /** Pixel arrays that were given up. */
  private readonly spare: Float32Array<ArrayBuffer>[] = [];

  /** @throws RangeError for counts that are not positive integers, sizes that do not fit */
  constructor(
    private readonly dataset: Pick<Dataset, 'dir' | 'annotation' | 'manifest' | 'pictures'>,
    private readonly options: LoaderOptions,
  ) {
    const { batchSize, maxLength, views = 1, seed = 0, transform, lookAhead = 2 } = options;
    const file = workerFile();
    const { workers = file ? 1 : 0 } = options;
    atLeast('batchSize', batchSize, 1);
    atLeast('maxLength', maxLength, 2);
    atLeast('views', views, 1);
    atLeast('lookAhead', lookAhead, 0);
    atLeast('workers', workers, 0);
    if (transform) checkTransform(transform);
    this.views = views;
    this.seed = seed;
    this.lookup = options.context ? studyLookup(dataset.annotation) : () => undefined;
    this.cleaning = options.cleaning ?? dataset.manifest?.cleaning ?? 'iu_xray';
    if (workers === 0 || !transform) return;
    if (!file)
      throw new Error(`StudyLoader: workers need the built package, got ${workers} workers beside sources`);
    this.pool = new WorkerPool(workers, file);
  }

  /** Number of batches of a whole pass. */
  count(split: Split): number {
    const { batchSize, dropLast = false } = this.options;
    const exact = this.dataset.annotation[split].length / batchSize;
    return dropLast ? Math.floor(exact) : Math.ceil(exact);
  }

  /** Files that could not be read so far; their studies were left out. */
  get skipped(): number {
    return this.unreadable.size;
  }

  /**
   * @throws DataError naming the image file that cannot be read (without `onUnreadable`), or if no study of a pass has readable
   * images; RangeError for a `start` outside the split
   */
  async *batches(split: Split, options: PassOptions = {}): AsyncGenerator<StudyBatch, void, undefined> {
    const { epoch = 0, shuffle = split === 'train', start = 0 } = options;
    const { batchSize, lookAhead = 2, dropLast = false, reuse = false } = this.options;
    const studies = this.dataset.annotation[split];
    atLeast('start', start, 0);
    if (start > studies.length)
      throw new RangeError(`start: must be at most ${studies.length}, got ${start}`);
    const pass = { seed: this.seed, epoch };
    const order = epochOrder(studies.length, pass, shuffle);
    const ahead: Promise<StudyBatch>[] = [];
    let next = start;
    const fill = (count: number) => {
      while (ahead.length < count && next < order.length && !(dropLast && next + batchSize > order.length)) {
        const batch = this.load(studies, order.slice(next, next + batchSize), next, pass);
        batch.catch(() => {}); // reported when its turn comes
        ahead.push(batch);
        next += batchSize;
      }
    };
    let given = 0;
    try {
      fill(1);
      while (ahead.length > 0) {
        fill(lookAhead + 1);
        const batch = await ahead.shift()!;
        given += batch.ids.length;
        if (batch.ids.length > 0) yield batch;
        // images and those of earlier studies lie in one array; there is none without a transform
        if (reuse && batch.images.length > 0) this.spare.push(new Float32Array(batch.images.buffer));
        fill(1);
      }
      if (given === 0 && next > start)
        throw new DataError(
          `${this.dataset.dir}: ${split}: expected readable images, found none in ${next - start} studies`,
        );
    } finally {
      await Promise.allSettled(ahead);
    }
  }

  /** Ends the threads. Batches under way fail. */
  async close(): Promise<void> {
    await this.pool?.close();
  }

  private async load(
    studies: readonly Study[],
    indices: number[],
    from: number,
    pass: Pass,
  ): Promise<StudyBatch> {
    const { tokenizer, maxLength, transform, context, regions } = this.options;
    const size = transform?.size ?? 0;
    const own = indices.map((index) => this.slotsOfStudy(studies[index]));
    const earlier = context?.reads.includes('prior')
      ? indices.map((index) => this.earlier(studies[index]))
      : null;
    const slots = earlier ? [...own, ...earlier] : own;
    const { images, errors } = transform
      ? await this.pixels(transform, indices, slots, pass)
      : { images: new Float32Array(0), errors: slots.map(() => false) };
    const kept = indices.map((_, b) => b).filter((b) => !errors[b]);
    const rows = [...kept, ...(earlier ? kept.map((b) => indices.length + b) : [])];
    const each = this.views * size * size * 3;
    const all = rows.length === slots.length ? images : packed(images, rows, each);
    const batchOf = (list: readonly Slots[], from: number): PictureBatch => ({
      images: all.subarray(from * each, (from + kept.length) * each),
      shape: [kept.length, this.views, size, size, 3],
      kinds: list.map(({ kinds }) => kinds),
      imageFiles: list.map(({ files }) => files),
    });
    const chosen = kept.map((b) => studies[indices[b]]);
    const prior = earlier && kept.map((b) => (errors[indices.length + b] ? this.nothing : earlier[b]));
    return {
      ...textBatch(chosen, { tokenizer, maxLength, cleaning: this.cleaning, regions }),
      ...batchOf(
        kept.map((b) => own[b]),
        0,
      ),
      indices: kept.map((b) => indices[b]),
      pictures: kept.map((b) => own[b].pictures),
      prior: prior && {
        ...batchOf(prior, kept.length),
        days: Float32Array.from(prior, ({ days = Number.NaN }) => days),
      },
      texts: context ? this.textsOf(chosen, context) : {},
      cursor: from + indices.length,
    };
  }

  private textsOf(studies: readonly Study[], { reads, tokenizer, maxLength }: ContextOptions) {
    const { cleaning } = this;
    const texts = studies.map((study) => {
      const all = contextOf(study, this.lookup, { cleaning });
      return Object.fromEntries(
        Object.entries(all).filter(([field]) => reads.includes(field as ContextField)),
      );
    });
    return studyTexts(texts, tokenizer, maxLength);
  }

  private slotsOfStudy(study: Study): Slots {
    const { missingViews = 'repeat' } = this.options;
    const slots = viewSlots(viewKindsOf(study), this.views, missingViews);
    const fileOf = (n: number | null) =>
      n === null ? null : imageFile(this.dataset.dir, study.image_path[n]);
    return { ...slots, files: slots.pictures.map(fileOf) };
  }

  private earlier(study: Study): Slots {
    const prior = priorOf(study, this.lookup);
    return prior && 'study' in prior ? { ...this.slotsOfStudy(prior.study), days: prior.days } : this.nothing;
  }

  private get nothing(): Slots {
    const empty = (): null[] => new Array<null>(this.views).fill(null);
    return { pictures: empty(), kinds: empty(), files: empty() };
  }

  /**
   * Pixels of all slots, row after row, and which rows hold a picture that cannot be read.
   * @param slots of the studies of `indices`, then, where asked for, of their earlier ones
   */
  private async pixels(
    transform: Transform,
    indices: number[],
    slots: readonly Slots[],
    pass: Pass,
  ): Promise<{ images: Float32Array<ArrayBuffer>; errors: boolean[] }> {
    const { cache } = this.options;
    const { views } = this;
    const draws = indices.map((index) =>
      augmentationDraws(pass, index, (slots.length / indices.length) * views),
    );
    const images = slots.flatMap(({ files }, row) =>
      files.map((file, v): ImageRequest | null => {
        if (file === null) return null;
        const [study, later] = [row % indices.length, Math.floor(row / indices.length)];
        return {
          file,
          draws: draws[study][later * views + v],
          prepared: cache?.get(this.cacheName(file), transform),
          keep: cache !== undefined,
        };
      }),
    );
    const { pictures } = this.dataset;
    const request = { images, transform, pictures, spare: this.spare.pop() };
    const { pixels, prepared, errors } = await (this.pool ? this.pool.run(request) : loadImages(request));
    prepared.forEach((image, i) => {
      if (image) cache?.set(this.cacheName(images[i]!.file), transform, image);
    });
    errors.forEach((line, i) => {
      if (line !== undefined) this.report(images[i]!.file, line);
    });
    const unreadable = slots.map((_, row) =>
      errors.slice(row * views, (row + 1) * views).some((line) => line !== undefined),
    );
    const each = views * transform.size * transform.size * 3;
    unreadable.forEach((bad, row) => {
      if (bad) pixels.fill(0, row * each, (row + 1) * each);
    });
    return { images: pixels, errors: unreadable };
  }

  /** Pictures taken otherwise than their files say are other pictures. */
  private cacheName(file: string): string {
    const { voi, invert } = this.dataset.pictures ?? {};
    return voi === undefined && !invert ? file : `${file} as ${JSON.stringify({ voi, invert })}`;
  }

  private report(file: string, line: string): void {
    const { onUnreadable } = this.options;
    if (!onUnreadable) throw new DataError(line);
    if (this.unreadable.has(file)) return;
    this.unreadable.add(file);
    onUnreadable(line);
  }
}

/** One pass through a split; its threads end with it. For several epochs make a {@link StudyLoader}. */
export async function* batches(
  dataset: Pick<Dataset, 'dir' | 'annotation' | 'manifest' | 'pictures'>,
  split: Split,
  options: LoaderOptions & PassOptions,
): AsyncGenerator<StudyBatch, void, undefined> {
  const loader = new StudyLoader(dataset, options);
  try {
    yield* loader.batches(split, options);
  } finally {
    await loader.close();
  }
}

function atLeast(field: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${field}: must be an integer of at least ${least}, got ${value}`);
  }
}

/** The pictures that stand in a study's slots. */
interface Slots extends ViewSlots {
  readonly files: readonly (string | null)[];
  /** Of an earlier study: how long ago it was. */
  readonly days?: number;
}

/** Some rows of an array, side by side. */
function packed(
  values: Float32Array<ArrayBuffer>,
  rows: readonly number[],
  each: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows.length * each);
  rows.forEach((row, i) => {
    out.set(values.subarray(row * each, (row + 1) * each), i * each);
  });
  return out;
}
