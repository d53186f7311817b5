import type { PatchGrid, ViewKind, Views } from '@raca/core';

/** What the views of one study show; null: an empty slot. */
export type StudyKinds = readonly (ViewKind | null)[];

/**
 * What each view of each study shows, `[b][v]`: what the study says or, where that is `unknown`, what the agent was told
 * of the slot.
 *
 * @param size studies and views, b and v
 * @param slots what each slot shows by config; slots past the end are `unknown`
 * @throws RangeError unless there is a kind (or null) for every view
 */
export function kindsOf(
  who: string,
  kinds: Views['kinds'],
  [b, v]: readonly [number, number],
  slots: readonly ViewKind[],
): StudyKinds[] {
  if (kinds.length !== b || kinds.some(({ length }) => length !== v)) {
    const found = `${kinds.length} × ${kinds[0]?.length ?? 0}`;
    throw new RangeError(`${who}: expected kinds of ${b} × ${v} views, got ${found}`);
  }
  return kinds.map((row) => row.map((kind, v) => (kind === 'unknown' ? (slots[v] ?? 'unknown') : kind)));
}

/** What is drawn for a grid and the views of a study: once for each combination of views. */
export class ByKinds<T> {
  private readonly drawn = new Map<string, T>();

  constructor(private readonly draw: (grid: PatchGrid, kinds: StudyKinds) => T) {}

  /** One for all studies where their views are of the same kinds, else one for each. */
  of(grid: PatchGrid, kinds: readonly StudyKinds[]): readonly T[] {
    const [first] = kinds;
    const alike = kinds.every((row) => row.every((kind, v) => kind === first[v]));
    return (alike ? [first] : kinds).map((row) => this.one(grid, row));
  }

  private one(grid: PatchGrid, kinds: StudyKinds): T {
    const key = `${grid.rows} ${grid.cols} ${kinds.join()}`;
    const known = this.drawn.get(key);
    if (known !== undefined) return known;
    const drawing = this.draw(grid, kinds);
    this.drawn.set(key, drawing);
    return drawing;
  }
}

/** Arrays one after another. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0];
  const out = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of arrays) {
    out.set(values, at);
    at += values.length;
  }
  return out;
}
