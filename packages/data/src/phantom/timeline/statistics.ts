import { CHANGE_CLASSES, type ChangeClass } from '../../changes/words';
import type { TimelinePlan } from './plan';

/** What a timeline holds, for the manifest and whoever reads its numbers. Shares 0..1. */
export interface TimelineStatistics {
  readonly patients: number;
  readonly studies: number;
  /** Studies with an earlier one of the same patient. */
  readonly withPrior: number;
  /** Of those, how many reports state each class of change. */
  readonly stated: Readonly<Record<ChangeClass, number>>;
  /** Studies with a frontal view only, a lateral one only, both, and both with the lateral one first. */
  readonly views: Readonly<Record<'frontal' | 'lateral' | 'both' | 'swapped', number>>;
  readonly indications: {
    readonly absent: number;
    readonly vague: number;
    readonly telling: number;
    /** Share of the telling ones that name what is there; 0 where there are none. */
    readonly trueShare: number;
  };
}

export function timelineStatistics({ studies, changes }: TimelinePlan): TimelineStatistics {
  const truth = studies.map(({ id }) => changes.studies[id]);
  const fields = studies.map(({ given }) => given!.fields);
  const count = (test: (k: number) => boolean): number => studies.filter((_, k) => test(k)).length;
  const seen = (k: number): string => studies[k].given!.views.join(' ');
  const telling = truth.flatMap(({ indication }) => indication ?? []);
  const given = count((k) => fields[k].indication !== undefined);
  return {
    patients: new Set(fields.map(({ patient }) => patient)).size,
    studies: studies.length,
    withPrior: count((k) => truth[k].prior_study !== undefined),
    stated: Object.fromEntries(
      CHANGE_CLASSES.map((name) => [name, count((k) => truth[k].stated.includes(name))]),
    ) as Record<ChangeClass, number>,
    views: {
      frontal: count((k) => seen(k) === 'frontal'),
      lateral: count((k) => seen(k) === 'lateral'),
      both: count((k) => seen(k) === 'frontal lateral'),
      swapped: count((k) => seen(k) === 'lateral frontal'),
    },
    indications: {
      absent: studies.length - given,
      vague: given - telling.length,
      telling: telling.length,
      trueShare: telling.filter((told) => told.true).length / Math.max(1, telling.length),
    },
  };
}
