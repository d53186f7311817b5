import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Dataset } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../config';
import type { Raca } from '../model';
import { commandLine, racaEnvironment } from './command-line';
import { describeMachine } from './processor';
import { fileHash } from './run-folder';
import { isDrawn } from './trained-on';
import { installedVersions } from './versions';

/**
 * `run.json`: what is needed to say how a result came about. The command line stands in it as it was typed, without secrets; no
 * other path of the machine does.
 */
export function describeRun(model: Raca, dataset: Dataset, config: RunConfig) {
  const modules = Object.entries({ ...model.parts, backbone: model.parts.vision.backbone }).flatMap(
    ([slot, module]) => (module ? [[slot, module.info] as const] : []),
  );
  return {
    notice: 'Research software. Not for clinical use.',
    started: new Date().toISOString(),
    command: commandLine(process.argv),
    environment: racaEnvironment(process.env),
    versions: installedVersions(),
    modules: Object.fromEntries(modules),
    parameters: [...model.parameters.values()].reduce((n, v) => n + v.size, 0),
    seed: config.training.seed,
    backend: tf.getBackend(),
    machine: describeMachine(),
    data: {
      source: dataset.manifest?.source ?? null,
      drawn: isDrawn(dataset.manifest?.source),
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
