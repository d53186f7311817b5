import { execFileSync } from 'node:child_process';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import type { RunConfig } from '../config';
import type { Raca } from '../model';
import { fileHash } from './run-folder';

/** `run.json`: what is needed to say how a result came about. No path of the machine is in it. */
export function describeRun(model: Raca, dataset: Dataset, config: RunConfig) {
  const modules = Object.entries({ ...model.parts, backbone: model.parts.vision.backbone }).flatMap(
    ([slot, module]) => (module ? [[slot, module.info] as const] : []),
  );
  return {
    notice: 'Research software. Not for clinical use.',
    started: new Date().toISOString(),
    versions: {
      '@raca/pipeline': version,
      '@tensorflow/tfjs-core': tf.version_core,
      node: process.versions.node,
    },
    modules: Object.fromEntries(modules),
    parameters: [...model.parameters.values()].reduce((n, v) => n + v.size, 0),
    seed: config.training.seed,
    backend: tf.getBackend(),
    machine: {
      platform: platform(),
      arch: arch(),
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGB: Math.round(totalmem() / 2 ** 30),
    },
    data: {
      source: dataset.manifest?.source ?? null,
      annotation: fileHash(join(dataset.dir, 'annotation.json')),
      manifest: fileHash(join(dataset.dir, 'manifest.json')),
      studies: {
        train: dataset.annotation.train.length,
        val: dataset.annotation.val.length,
        test: dataset.annotation.test.length,
      },
      ...(dataset.pictures && { pictures: dataset.pictures }),
    },
    git: gitRevision(),
  };
}

function gitRevision(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
