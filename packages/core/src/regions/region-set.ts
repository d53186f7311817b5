import type { Drawings } from './drawing';

/**
 * The regions that a model tells apart, as plain data: another set is another argument. Axis: r regions, in the order of
 * `names`.
 */
export interface RegionSet {
  /** Such as `thorax-12`. */
  readonly name: string;
  /** In the order in which an agent visits them; all different. */
  readonly names: readonly string[];
  /** Where they lie in a straight patient; null: nobody says, and what needs a prior refuses the set. */
  readonly drawings: Drawings | null;
  /**
   * Words and phrases by which reports speak of each region, by its name: lower case, `*` at the end of a word for any
   * further letters. A region without words is never found in a text.
   */
  readonly words: Readonly<Record<string, readonly string[]>>;
}
