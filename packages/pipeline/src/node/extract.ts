import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { EVALUATION, Random, type VisionBackbone } from '@raca/core';
import { asDiskError, lockFolder, removeHalfWritten, writeFileAtomic } from '@raca/core/node';
import { DataError, picturesUsed, SPLITS, type Study, Tokenizer, UNKNOWN } from '@raca/data';
import { type Dataset, imageFile, StudyLoader } from '@raca/data/node';
import { encoderHash, loadTorchvision } from '@raca/vision';
import { createFeatureWriter, type FeatureDtype, readWeightsFile } from '@raca/vision/node';
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../config';
import { MODULES, type ModuleTable } from '../modules';
import { compiledWhereFrozen } from './compiled';
import { imageKey, LEFT_OUT, preparation } from './features';

/** Options of {@link extract}. */
export interface ExtractOptions {
  readonly dataset: Dataset;
  /** Folder of the feature store to make or to go on with. */
  readonly out: string;
  /** Its backbone (run frozen), image size, number of views and seed count. */
  readonly config: RunConfig;
  readonly modules?: ModuleTable;
  /** torchvision weights of a ResNet: safetensors, or PyTorch's `.pth`. */
  readonly weights?: string;
  /** Stored numbers, `float16`. */
  readonly dtype?: FeatureDtype;
  /** Images a shard: what a kill can lose at most; 256. */
  readonly shardImages?: number;
  /** Images computed at once, 8. */
  readonly batchSize?: number;
  /** Threads that decode images; one for every two processors. 0: the calling one. */
  readonly workers?: number;
  /** Stop at the first image that cannot be read. Otherwise it is left out and named. */
  readonly strict?: boolean;
  /** Called once for each image that is left out, with a line that names it. */
  readonly onUnreadable?: (line: string) => void;
  /** Abort to stop after the images under way, with all of them written. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What {@link extract} has done. */
export interface Extraction {
  /** Images with features now, of {@link total}. */
  readonly done: number;
  readonly total: number;
  /** Images that had features before. */
  readonly skipped: number;
  /** Images that could not be read, a line each; `left-out.json` in the folder lists them. */
  readonly leftOut: readonly string[];
  /** Hash of backbone, weights and preparation. */
  readonly encoder: string;
  readonly interrupted: boolean;
}

/**
 * Computes the backbone's features of every image that a model of this config would see, and appends them to a feature
 * store. Images that are there already are left out, so a run that was killed goes on where its last whole shard ended.
 *
 * @throws Error in one line: no backbone, weights that do not fit, with `strict` or where there is no other an image that cannot be read (by its file), a store
 * of another encoder. Whatever was computed before is kept.
 */
export async function extract(options: ExtractOptions): Promise<Extraction> {
  const { dataset, out, config, dtype, shardImages, signal, onProgress = () => {} } = options;
  const { imageSize: size, grid } = config.model;
  const backbone = compiledWhereFrozen(makeBackbone(options));
  let release = (): void => {};
  try {
    const encoder = await encoderHash(backbone, preparation(size, dataset.pictures));
    release = takeStore(out);
    const writer = createFeatureWriter(out, { encoder, width: backbone.width, grid, dtype, shardImages });
    const images = imagesOf(dataset, config.model);
    const left = images.filter((path) => !writer.has(path));
    const skipped = images.length - left.length;
    let done = skipped;
    onProgress(done, images.length);
    const leftOut: string[] = [];
    const onUnreadable = (line: string): void => {
      leftOut.push(line);
      options.onUnreadable?.(line);
    };
    const loader = imageLoader(options, left, size, options.strict ? undefined : onUnreadable);
    try {
      for await (const { images: pixels, shape, imageFiles } of loader.batches('test')) {
        tf.tidy(() => {
          const ids = imageFiles.map((files) => files.map((file) => imageKey(dataset, file!)));
          writer.addPatches(ids, backbone.extract(tf.tensor5d(pixels, shape), EVALUATION));
        });
        done += shape[0];
        onProgress(done, images.length);
        if (signal?.aborted) break;
        await new Promise((resolve) => setImmediate(resolve)); // lets signals and decoding threads in
      }
    } catch (error) {
      const noneLeft = error instanceof DataError && skipped > 0 && leftOut.length === left.length;
      if (!noneLeft) throw error; // all that is missing was left out before, too
    } finally {
      writer.flush();
      await loader.close();
    }
    const interrupted = done + leftOut.length < images.length;
    if (!interrupted) writeLeftOut(options, left, leftOut);
    return { done, total: images.length, skipped, leftOut, encoder, interrupted };
  } finally {
    release();
    backbone.dispose();
  }
}

/** The store for this process alone, without what a killed one left half-written. */
function takeStore(out: string): () => void {
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    throw asDiskError(error, out);
  }
  const release = lockFolder(out, 'an extraction');
  removeHalfWritten(out);
  return release;
}

/** Writes what was left out beside the features, so that training on them leaves out the same studies. */
function writeLeftOut(
  { dataset, out }: ExtractOptions,
  paths: readonly string[],
  lines: readonly string[],
): void {
  const file = join(out, LEFT_OUT);
  rmSync(file, { force: true });
  if (lines.length === 0) return;
  const pathOf = (line: string) => paths.find((path) => line.startsWith(`${imageFile(dataset.dir, path)}: `));
  const entries = lines.map((line) => [pathOf(line), line] as const).filter(([path]) => path !== undefined);
  writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`);
}

/** Every image once, in the order of the splits: paths below `images/`, with slashes. */
function imagesOf({ annotation }: Dataset, { views, missingViews }: RunConfig['model']): string[] {
  const all = SPLITS.flatMap((split) =>
    annotation[split].flatMap((study) => picturesUsed(study, views, missingViews)),
  );
  return [...new Set(all.map((path) => path.split(/[/\\]/).join('/')))];
}

/** Reads images ahead of use, each as a study of its own. */
function imageLoader(
  { dataset, batchSize = 8, workers }: ExtractOptions,
  paths: string[],
  size: number,
  onUnreadable?: (line: string) => void,
) {
  const studies = paths.map((path): Study => ({ id: path, report: '.', image_path: [path], split: 'test' }));
  const loader = {
    batchSize,
    tokenizer: new Tokenizer([UNKNOWN]), // there is no text
    maxLength: 2,
    transform: { kind: 'eval', size },
    lookAhead: 4,
    onUnreadable,
  } as const;
  const annotation = { train: [], val: [], test: studies };
  const make = (count?: number) => new StudyLoader({ ...dataset, annotation }, { ...loader, workers: count });
  if (workers !== undefined) return make(workers);
  try {
    return make(Math.max(1, Math.floor(availableParallelism() / 2)));
  } catch {
    return make(); // sources that run unbuilt have no worker
  }
}

function makeBackbone({ config, modules = MODULES, weights }: ExtractOptions): VisionBackbone {
  const { backbone: slot, regions: _, ...sizes } = config.model;
  if (slot === null)
    throw new Error('model.backbone: expected a backbone to extract features with, found null');
  const factory = Object.hasOwn(modules.backbone, slot.use) ? modules.backbone[slot.use] : undefined;
  if (!factory) {
    const names = Object.keys(modules.backbone).join(', ');
    throw new Error(`model.backbone.use: expected one of ${names}, found "${slot.use}"`);
  }
  const own = Object.hasOwn(MODULES.backbone, slot.use);
  const options = own ? { ...slot.config, frozen: true } : slot.config;
  const loaded = own && weights !== undefined ? new Set<object>() : null; // drawing them first would be in vain
  const random = new Random(config.training.seed, loaded).split('backbone');
  const backbone = factory(options, { ...sizes, vocabularySize: 1, contextVocabularySize: 1 }, random);
  if (!backbone.frozen) {
    backbone.dispose();
    throw new Error(`model.backbone (${slot.use}): expected a frozen backbone, found one that trains`);
  }
  if (weights !== undefined) loadTorchvision(backbone, readWeightsFile(weights), weights);
  return backbone;
}
