import { join } from 'node:path';
import type { Dataset } from '@raca/data/node';
import type { RunConfig } from '../config';
import { fileHash, type RunFolder } from './run-folder';

/** @throws Error if config or data differ from those the run was started with; more epochs are allowed */
export function requireSameRun(run: RunFolder, config: RunConfig, dataset: Dataset): void {
  const [other] = differences(run.readConfig(), config).filter((path) => path !== 'training.epochs');
  if (other) {
    throw new Error(
      `${run.path('config.json')}: the run was started with another ${other}; resume with its own config`,
    );
  }
  const started = run.readDataHash();
  if (started !== null && started !== fileHash(join(dataset.dir, 'annotation.json'))) {
    throw new Error(`${run.path('run.json')}: the run was started on other data than ${dataset.dir}`);
  }
}

function differences(a: unknown, b: unknown, path = ''): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  const both = typeof a === 'object' && typeof b === 'object' && a && b;
  if (!both) return [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) =>
    differences(
      (a as Record<string, unknown>)[key],
      (b as Record<string, unknown>)[key],
      path ? `${path}.${key}` : key,
    ),
  );
}
