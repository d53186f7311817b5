import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { PatchMap } from '@raca/core';
import { readRegularFile } from '@raca/core/node';
import { type Annotation, picturesUsed, SPLITS, type Study } from '@raca/data';
import type { Dataset, PictureOptions } from '@raca/data/node';
import { type FeatureStore, openFeatureStore } from '@raca/vision/node';
import { z } from 'zod';
import type { ModelConfig, RunConfig } from '../config';

/** Name of an image in a feature store: its path below `images/`, with slashes. */
export const imageKey = (dataset: Pick<Dataset, 'dir'>, file: string): string =>
  relative(join(dataset.dir, 'images'), file).split(sep).join('/');

/** How `extract` prepares images; part of the hash that stored features carry. */
export function preparation(size: number, { voi, invert }: PictureOptions = {}): string {
  const levels = voi === undefined && !invert ? '' : `, levels ${JSON.stringify({ voi, invert })}`;
  return `resize ${size} x ${size}, bilinear, ImageNet${levels}`;
}

/** File of a feature store that lists images which could not be read: path below `images/` → why. */
export const LEFT_OUT = 'left-out.json';

/**
 * The data set without the studies whose images `extract` left out, as training on images leaves them out.
 * @param onLeftOut called with a line for each such image
 */
export function withoutLeftOut(
  dataset: Dataset,
  folder: string | undefined,
  { views, missingViews }: Pick<ModelConfig, 'views' | 'missingViews'>,
  onLeftOut: (line: string) => void = () => {},
): Dataset {
  const file = folder === undefined ? undefined : join(folder, LEFT_OUT);
  if (file === undefined || !existsSync(file)) return dataset;
  const lines = readLeftOut(file);
  const named = new Set<string>();
  const isWhole = (study: Study) =>
    picturesUsed(study, views, missingViews).every((path) => {
      const line = lines.get(slashes(path));
      if (line !== undefined && !named.has(line)) {
        named.add(line);
        onLeftOut(line);
      }
      return line === undefined;
    });
  const kept = SPLITS.map((split) => [split, dataset.annotation[split].filter(isWhole)]);
  return { ...dataset, annotation: { ...dataset.annotation, ...(Object.fromEntries(kept) as Annotation) } };
}

function readLeftOut(file: string): ReadonlyMap<string, string> {
  try {
    return new Map(
      Object.entries(
        z.record(z.string(), z.string()).parse(JSON.parse(readRegularFile(file, 'JSON').toString('utf8'))),
      ),
    );
  } catch {
    throw new Error(`${file}: expected a list of the images that were left out; make it by raca extract`);
  }
}

/** Stored features in place of a backbone. */
export interface FeatureSource {
  /** Features of the studies whose image files are given; 0 where there is none (null). */
  patches(imageFiles: readonly (readonly (string | null)[])[]): PatchMap;
  close(): void;
}

/**
 * The config of a model that reads stored features: no backbone, and width, grid and hash of the store.
 * @param folder of a feature store
 * @throws Error in one line: no store, or a config made for other features
 */
export function fitToFeatures(config: RunConfig, folder: string): RunConfig {
  const store = openFeatureStore(folder, config.model.features);
  const { width, grid, encoder } = store.index;
  store.close();
  const { model } = config;
  const asked = model.vision.config.inputWidth;
  if (asked !== undefined && asked !== width) {
    throw new Error(
      `${folder}: expected features of width ${asked} (model.vision.config.inputWidth), found ${width}`,
    );
  }
  const vision = { ...model.vision, config: { ...model.vision.config, inputWidth: width } };
  return { ...config, model: { ...model, backbone: null, features: encoder, vision, grid } };
}

/**
 * Opens the features that a model without backbone reads; null for a model with one.
 * @throws Error in one line: no folder where one is needed or the reverse, another encoder, another size, an image
 * of the data set without features
 */
export function openFeatures(model: ModelConfig, dataset: Dataset, folder?: string): FeatureSource | null {
  if (model.backbone !== null) {
    if (folder === undefined) return null;
    throw new Error(
      `${folder}: the model has a backbone (model.backbone) and reads images, not stored features`,
    );
  }
  if (folder === undefined) {
    throw new Error('model.backbone: null: expected a folder of stored features (--features), found none');
  }
  const store = openFeatureStore(folder, model.features);
  try {
    requireGrid(store, model, folder);
    requireImages(store, model, dataset, folder);
  } catch (error) {
    store.close();
    throw error;
  }
  return {
    patches: (files) =>
      store.batch(
        files.map((study) => study.map((file) => (file === null ? null : imageKey(dataset, file)))),
      ),
    close: () => store.close(),
  };
}

function requireGrid(
  { index: { grid } }: FeatureStore,
  { grid: { rows, cols } }: ModelConfig,
  folder: string,
) {
  if (grid.rows === rows && grid.cols === cols) return;
  throw new Error(
    `${folder}: expected ${rows} x ${cols} patches an image (model.grid), found ${grid.rows} x ${grid.cols}`,
  );
}

function requireImages(
  store: FeatureStore,
  { views, missingViews }: ModelConfig,
  { annotation }: Dataset,
  folder: string,
) {
  const wanted = SPLITS.flatMap((split) =>
    annotation[split].flatMap((study) => picturesUsed(study, views, missingViews)),
  );
  const missing = wanted.map(slashes).filter((path) => !store.has(path));
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` (and ${missing.length - 1} more)` : '';
  throw new Error(`${folder}: no features of the image ${missing[0]}${more}; make them by raca extract`);
}

const slashes = (path: string): string => path.split(/[/\\]/).join('/');
