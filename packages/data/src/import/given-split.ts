import type { Split } from '../dataset';
import type { Funnel } from './funnel';
import type { ImportStudy } from './study';

/** A split that others published: R2Gen's `annotation.json`. Its texts may be blank. */
export interface GivenSplit {
  /** In the order of the file. */
  readonly entries: readonly { readonly id: string; readonly split: Split; readonly report: string }[];
}

/**
 * Keeps the studies that the split names, in its order, with its ids and splits.
 *
 * @param keyOf what an id of the split and a study have in common
 */
export function applySplit(
  studies: readonly ImportStudy[],
  { entries }: GivenSplit,
  funnel: Funnel,
  keyOf: (id: string) => string,
): ImportStudy[] {
  const byKey = new Map(studies.map((study) => [keyOf(study.id), study]));
  const kept: ImportStudy[] = [];
  for (const { id, split } of entries) {
    const key = keyOf(id);
    const study = byKey.get(key);
    if (!study) continue;
    byKey.delete(key);
    kept.push({ ...study, id, split });
  }
  for (const study of byKey.values())
    funnel.drop(study.id, 'not in the split file', { images: study.images.length });
  return kept;
}

/** How an import compares with the split file that it was given. */
export interface SplitAgreement {
  /** Studies of the split file. */
  readonly expected: number;
  readonly imported: number;
  /** Reports that are the same, letter by letter, and others. */
  readonly sameText: number;
  readonly otherText: readonly string[];
  /** Studies of the split file that were not imported, by reason. */
  readonly missing: readonly {
    readonly reason: string;
    readonly counts: Readonly<Record<Split, number>>;
    readonly ids: readonly string[];
  }[];
}

/** @param reasonOf why a study was dropped; `undefined` for one that the source does not have */
export function agreementWith(
  { entries }: GivenSplit,
  texts: ReadonlyMap<string, string>,
  reasonOf: (id: string) => string | undefined,
): SplitAgreement {
  const otherText: string[] = [];
  const missing = new Map<string, { counts: Record<Split, number>; ids: string[] }>();
  let imported = 0;
  for (const { id, split, report } of entries) {
    const text = texts.get(id);
    if (text !== undefined) {
      imported++;
      if (text !== report) otherText.push(id);
      continue;
    }
    const reason = reasonOf(id) ?? 'no report in the source';
    const entry = missing.get(reason) ?? { counts: { train: 0, val: 0, test: 0 }, ids: [] };
    missing.set(reason, entry);
    entry.counts[split]++;
    entry.ids.push(id);
  }
  return {
    expected: entries.length,
    imported,
    sameText: imported - otherText.length,
    otherText,
    missing: [...missing].map(([reason, entry]) => ({ reason, ...entry })),
  };
}
