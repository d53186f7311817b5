import { writeFileSync } from 'node:fs';
import { makePhantom } from '@raca/data/node';

/** For tests: a phantom of 24 / 6 / 6 studies, two views of 32 × 32 pixels. */
export const smallPhantom = (out: string) =>
  makePhantom({ out, train: 24, val: 6, test: 6, size: 32, seed: 7, rows: 4, cols: 4, workers: 1 });

const layers = { heads: 2, feedForward: 16, layers: 1, dropout: 0.1 };

/** A whole model that trains a step on 4 studies in some 30 ms, and 6 steps an epoch on {@link smallPhantom}. */
export const smallRunConfig = (training: object = {}) => ({
  model: {
    width: 16,
    imageSize: 32,
    views: 2,
    grid: { rows: 4, cols: 4 },
    maxLength: 20,
    backbone: { use: 'small-cnn', config: { channels: [4, 8, 8] } },
    vision: { use: 'visual-transformer', config: { ...layers, patchDropout: 0.1 } },
    agent: { use: 'raca', config: { hidden: 8 } } as object | null,
    alignment: { use: 'contrastive', config: { ...layers, projection: 8 } } as object | null,
    fusion: { use: 'bca', config: { attentionWidth: 4 } } as { use: string; config: object } | null,
    decoder: { use: 'transformer', config: layers as object },
  },
  training: {
    epochs: 5,
    batchSize: 4,
    learningRates: { backbone: 3e-3, text: 3e-3, rest: 3e-3 },
    agentEvery: 2,
    augmentation: { shortSide: 36 },
    ...training,
  },
});

/** Writes a value as a JSON file and gives its path. */
export function jsonFile(path: string, value: unknown): string {
  writeFileSync(path, JSON.stringify(value, null, 1));
  return path;
}
