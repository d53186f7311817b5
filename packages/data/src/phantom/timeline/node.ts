import { SPLITS } from '../../dataset';
import { type DrawOptions, LICENCE, make, type PhantomResult, settings, wholeNumber } from '../make';
import { planTimeline } from './plan';
import { type TimelineStatistics, timelineStatistics } from './statistics';

/** Raised whenever the same seed would give other bytes. */
const TIMELINE_VERSION = 1;

export interface TimelineOptions extends DrawOptions {
  /** Patients a split, of one to four studies each; defaults 600, 75, 75 (some 1,670, 210, 210 studies). */
  readonly train?: number;
  readonly val?: number;
  readonly test?: number;
}

export interface TimelineResult extends PhantomResult {
  readonly statistics: TimelineStatistics;
}

/**
 * Makes a data set of made-up patients over time: one to four studies each, in which findings and devices come, change
 * and go. Reports compare with the study before (`prior_study`, `day`), `indication` may tell what is there, a third of
 * the studies has one view, some have the lateral view first (`views`). Beside what the phantom writes there is
 * `changes.json`: what truly changed, and which classes of change each reference states. Same options, same bytes.
 * Not for clinical use.
 *
 * @throws DataError if `out` holds something else; RangeError on options out of range
 */
export async function makeTimeline(options: TimelineOptions): Promise<TimelineResult> {
  const patients = { train: options.train ?? 600, val: options.val ?? 75, test: options.test ?? 75 };
  for (const split of SPLITS) wholeNumber(split, patients[split], 0, 1e6);
  const drawn = settings(options);
  const recipe = { kind: 'timeline', timeline: TIMELINE_VERSION, ...drawn, ...patients };
  const plan = planTimeline(patients, drawn);
  const statistics = timelineStatistics(plan);
  const about = {
    source: 'phantom',
    licence: LICENCE,
    access: 'open',
    cleaning: 'iu_xray',
    sections: 'findings, written by a grammar',
    inputs: {},
    timeline: statistics,
  } as const;
  const result = await make(options, plan.studies, recipe, about, { 'changes.json': plan.changes });
  return { ...result, statistics };
}
