import type { ReportGraph } from './graph';

/** Agreement of two graphs; 1 when both are empty, as the same text always agrees with itself. */
export interface GraphF1 {
  /** Entities: text and label. */
  readonly simple: number;
  /** Entities: text, label and whether they start a relation. */
  readonly partial: number;
  /** Entities with every relation that starts there, its kind and the target's text and label. */
  readonly complete: number;
  /** Relations alone: texts of both ends and kind. */
  readonly relation: number;
  /** Mean of `simple` and `relation`, the form that RadCliQ takes. */
  readonly combined: number;
}

/** F1 of the sets that each variant makes of two graphs. */
export function graphF1(reference: ReportGraph, hypothesis: ReportGraph): GraphF1 {
  const a = itemsOf(reference);
  const b = itemsOf(hypothesis);
  const simple = setF1(a.simple, b.simple);
  const relation = setF1(a.relation, b.relation);
  return {
    simple,
    partial: setF1(a.partial, b.partial),
    complete: setF1(a.complete, b.complete),
    relation,
    combined: (simple + relation) / 2,
  };
}

function itemsOf({ entities, relations }: ReportGraph) {
  const simple = new Set<string>();
  const partial = new Set<string>();
  const complete = new Set<string>();
  const relation = new Set<string>();
  const starts = new Set(relations.map(({ from }) => from));
  const name = (i: number): string => `${entities[i]!.text}|${entities[i]!.label}`;
  entities.forEach((_, i) => {
    simple.add(name(i));
    partial.add(`${name(i)}|${starts.has(i)}`);
    if (!starts.has(i)) complete.add(name(i));
  });
  for (const { from, to, kind } of relations) {
    complete.add(`${name(from)}|${kind}|${name(to)}`);
    relation.add(`${entities[from]!.text}|${kind}|${entities[to]!.text}`);
  }
  return { simple, partial, complete, relation };
}

function setF1(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size + b.size === 0) return 1;
  let common = 0;
  for (const item of a) if (b.has(item)) common++;
  return (2 * common) / (a.size + b.size);
}
