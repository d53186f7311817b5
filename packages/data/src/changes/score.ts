import { DataError, shown } from '../errors';
import type { Changes, StudyChanges } from './truth';
import { CHANGE_CLASSES, type ChangeClass, changeClasses, comparesWithEarlier } from './words';

/** A generated report of a study. */
export interface ChangeReport {
  readonly id: string;
  readonly text: string;
}

/** All 0..1; 0 where nothing was stated (precision) or to be stated (recall). */
export interface Rates {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** How well reports state what changed; what counts is the set of classes of each study, not which finding has which. */
export interface ChangeScores extends Rates {
  /** Studies with an earlier one: precision, recall and F1 are over these, micro over studies and classes. */
  readonly studies: number;
  readonly classes: Readonly<Record<ChangeClass, Rates & { readonly support: number }>>;
  /** Studies without an earlier one, and the share whose report compares with one all the same. */
  readonly first: { readonly studies: number; readonly comparing: number };
  /** The constant set of classes that does best on the same studies: what a report reaches that looks at nothing. */
  readonly constant: Rates & { readonly stated: readonly ChangeClass[] };
}

/**
 * Scores the words of change of reports against what the references truly state (`changes.json`): the reference texts
 * themselves score 1, and none of their first studies compares.
 *
 * @throws DataError on a study that `changes.json` does not have, or has twice among the reports
 */
export function scoreChanges(reports: readonly ChangeReport[], changes: Changes): ChangeScores {
  const seen = new Set<string>();
  const follow: { truth: ReadonlySet<ChangeClass>; stated: ReadonlySet<ChangeClass> }[] = [];
  const first = { studies: 0, comparing: 0 };
  for (const { id, text } of reports) {
    const study = truthOf(id, changes);
    if (seen.has(id)) throw new DataError(`scoreChanges: expected each study once, found ${shown(id)} twice`);
    seen.add(id);
    if (study.prior_study !== undefined) {
      follow.push({ truth: new Set(study.stated), stated: new Set(changeClasses(text)) });
    } else {
      first.studies++;
      if (comparesWithEarlier(text)) first.comparing++;
    }
  }
  const classes = Object.fromEntries(
    CHANGE_CLASSES.map((name) => {
      const counts = countOf(follow, [name]);
      return [name, { ...agreement(counts), support: counts.wanted }];
    }),
  ) as ChangeScores['classes'];
  return {
    studies: follow.length,
    ...agreement(countOf(follow, CHANGE_CLASSES)),
    classes,
    first: { studies: first.studies, comparing: first.comparing / Math.max(1, first.studies) },
    constant: bestConstant(follow.map(({ truth }) => truth)),
  };
}

function truthOf(id: string, { studies }: Changes): StudyChanges {
  if (!Object.hasOwn(studies, id))
    throw new DataError(`scoreChanges: expected a study of changes.json, found ${shown(id)}`);
  return studies[id];
}

interface Counts {
  readonly both: number;
  readonly stated: number;
  readonly wanted: number;
}

function countOf(
  pairs: readonly { truth: ReadonlySet<ChangeClass>; stated: ReadonlySet<ChangeClass> }[],
  names: readonly ChangeClass[],
): Counts {
  let [both, said, wanted] = [0, 0, 0];
  for (const { truth, stated } of pairs) {
    for (const name of names) {
      if (stated.has(name)) said++;
      if (truth.has(name)) wanted++;
      if (stated.has(name) && truth.has(name)) both++;
    }
  }
  return { both, stated: said, wanted };
}

const agreement = ({ both, stated, wanted }: Counts): Rates => ({
  precision: both / Math.max(1, stated),
  recall: both / Math.max(1, wanted),
  f1: (2 * both) / Math.max(1, stated + wanted),
});

/** Among the sets of the commonest classes: with one fixed size, no other set agrees with more. */
function bestConstant(truths: readonly ReadonlySet<ChangeClass>[]): ChangeScores['constant'] {
  const uses = (name: ChangeClass): number => truths.filter((truth) => truth.has(name)).length;
  const order = [...CHANGE_CLASSES].sort((a, b) => uses(b) - uses(a));
  const sets = order.map((_, k) => order.slice(0, k + 1));
  const scored = sets.map((stated) => {
    const set = new Set(stated);
    const pairs = truths.map((truth) => ({ truth, stated: set }));
    return { stated, ...agreement(countOf(pairs, CHANGE_CLASSES)) };
  });
  return scored.reduce((best, next) => (next.f1 > best.f1 ? next : best));
}
