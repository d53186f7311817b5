import { join } from 'node:path';
import { Random } from '@raca/core';
import type { Dataset } from '@raca/data/node';
import { isFields } from '../fields';
import type { RunFolder } from './run-folder';

/**
 * The data set with `studies` of its training studies: the first ones in an order that the seed fixes, so that with one seed the
 * fewer are among the more. They stay in the order of the data set.
 * @throws Error in one line where there are fewer
 */
export function withFirstStudies(dataset: Dataset, studies: number, seed: number): Dataset {
  const { train } = dataset.annotation;
  if (studies > train.length) {
    throw new Error(
      `${join(dataset.dir, 'annotation.json')}: train: expected at least ${studies} studies, found ${train.length}`,
    );
  }
  const order = new Random(seed).split('studies').shuffle([...train.keys()]);
  const chosen = new Set(order.slice(0, studies));
  const annotation = { ...dataset.annotation, train: train.filter((_, i) => chosen.has(i)) };
  return { ...dataset, annotation };
}

/** How many training studies a run was started on, by `run.json`; undefined: all of them. */
export function subsetOf(run: RunFolder): number | undefined {
  const { subset } = run.readFacts();
  return isFields(subset) && typeof subset.studies === 'number' ? subset.studies : undefined;
}
