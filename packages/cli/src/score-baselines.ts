import type { Split } from '@raca/data';
import { openDataset } from '@raca/data/node';
import { constantReport, type ReportPair } from '@raca/metrics';
import { trivialBaselines } from '@raca/pipeline/node';
import { shown, visible } from './visible-line';

/** Options of `raca score` that name a data set. */
export interface BaselineFlags {
  readonly data?: string;
  readonly split: Split;
}

/** Most images a study whose thumbnails are compared. */
const VIEWS = 2;

/**
 * What the trivial baselines say for each pair.
 * @throws Error naming the first id that the data set's split lacks
 */
export async function baselineTexts(
  { data, split }: BaselineFlags,
  pairs: readonly ReportPair[],
): Promise<{ constant?: string[]; nearest?: string[] }> {
  if (data === undefined) {
    const typical = constantReport(pairs.map(({ reference }) => reference));
    return { constant: pairs.map(() => typical) };
  }
  const dataset = openDataset(data);
  const there = new Set(dataset.annotation[split].map(({ id }) => id));
  const missing = pairs.find(({ id }) => !there.has(id));
  if (missing) {
    throw new Error(`${visible(data)}: expected id "${shown(missing.id)}" in the ${split} split, found none`);
  }
  const views = Math.min(VIEWS, ...dataset.annotation.train.map(({ image_path }) => image_path.length));
  const [constant, , nearest] = await trivialBaselines(dataset, split, { views });
  const places = new Map(nearest.ids.map((id, i) => [id, i]));
  const said = (texts: readonly string[]): string[] => pairs.map(({ id }) => texts[places.get(id)!]);
  return { constant: said(constant.texts), nearest: said(nearest.texts) };
}
