import { augmentationDraws, epochOrder, type Pass } from '../batch/plan';
import { type TextBatch, textBatch } from '../batch/text';
import type { Split, Study } from '../dataset';
import { DataError } from '../errors';
import { checkTransform, type Transform } from '../image/transform';
import type { Cleaning } from '../text/clean';
import type { Tokenizer } from '../text/tokenizer';
import type { ImageCache } from './image-cache';
import { type ImageRequest, loadImages } from './load-images';
import { type Dataset, imageFile } from './read';
import { WorkerPool, workerFile } from './worker-pool';

/** One batch as plain arrays. Axes: b study, v view, H, W pixels. */
export interface StudyBatch extends TextBatch {
  /** Place of each study in its split. */
  readonly indices: number[];
  /** `[b, v, H, W, 3]`, ImageNet-normalised; empty where the loader has no transform. */
  readonly images: Float32Array<ArrayBuffer>;
  readonly shape: [b: number, v: number, height: number, width: number, channels: 3];
  /** `[b, v]`: 1 for an image of the study, 0 where its last image is repeated. */
  readonly viewMask: Uint8Array;
  /** The files behind `images`, `v` a study: keys of stored features. */
  readonly imageFiles: string[][];
  /** Studies of the epoch done with this batch: `start` of the pass that goes on after it. */
  readonly cursor: number;
}

export interface LoaderOptions {
  readonly batchSize: number;
  readonly tokenizer: Tokenizer;
  /** Longest token row, begin and end mark included. */
  readonly maxLength: number;
  /** Default: that of the manifest, else `iu_xray`. */
  readonly cleaning?: Cleaning;
  /** Images a study (default 1). Studies with fewer repeat their last one; further ones are left out. */
  readonly views?: number;
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
        if (reuse && batch.images.length > 0) this.spare.push(batch.images); // none without a transform
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
    const { tokenizer, maxLength, transform } = this.options;
    const size = transform?.size ?? 0;
    const files = indices.map((index) => this.filesOf(studies[index]));
    const { images, readable } = transform
      ? await this.pixels(transform, indices, files, pass)
      : { images: new Float32Array(0), readable: indices.map(() => true) };
    const kept = indices.filter((_, b) => readable[b]);
    const chosen = kept.map((index) => studies[index]);
    const viewMask = chosen.flatMap(({ image_path }) =>
      Array.from({ length: this.views }, (_, v) => (v < image_path.length ? 1 : 0)),
    );
    return {
      ...textBatch(chosen, { tokenizer, maxLength, cleaning: this.cleaning }),
      indices: kept,
      images,
      shape: [chosen.length, this.views, size, size, 3],
      viewMask: Uint8Array.from(viewMask),
      imageFiles: files.filter((_, b) => readable[b]),
      cursor: from + indices.length,
    };
  }

  /** The file of each view; the last one stands in for those that are not there. */
  private filesOf({ image_path }: Study): string[] {
    return Array.from({ length: this.views }, (_, v) =>
      imageFile(this.dataset.dir, image_path[Math.min(v, image_path.length - 1)]),
    );
  }

  /** Pixels of the studies whose images can all be read, one after the other. */
  private async pixels(
    transform: Transform,
    indices: number[],
    files: string[][],
    pass: Pass,
  ): Promise<{ images: Float32Array<ArrayBuffer>; readable: boolean[] }> {
    const { cache } = this.options;
    const images = indices.flatMap((index, b) =>
      augmentationDraws(pass, index, this.views).map((draws, v): ImageRequest => {
        const file = files[b][v];
        return {
          file,
          draws,
          prepared: cache?.get(this.cacheName(file), transform),
          keep: cache !== undefined,
        };
      }),
    );
    const { pictures } = this.dataset;
    const request = { images, transform, pictures, spare: this.spare.pop() };
    const { pixels, prepared, errors } = await (this.pool ? this.pool.run(request) : loadImages(request));
    prepared.forEach((image, i) => {
      if (image) cache?.set(this.cacheName(images[i].file), transform, image);
    });
    errors.forEach((line, i) => {
      if (line !== undefined) this.report(images[i].file, line);
    });
    const readable = indices.map(
      (_, b) => !errors.slice(b * this.views, (b + 1) * this.views).some((line) => line !== undefined),
    );
    if (readable.every(Boolean)) return { images: pixels, readable };
    const each = this.views * transform.size * transform.size * 3;
    const kept = readable.flatMap((good, b) => (good ? [pixels.subarray(b * each, (b + 1) * each)] : []));
    const left = new Float32Array(kept.length * each);
    kept.forEach((part, b) => {
      left.set(part, b * each);
    });
    return { images: left, readable };
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
