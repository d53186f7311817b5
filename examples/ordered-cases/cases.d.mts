/** Texts of one study; see ORDERS for which are worse than which. */
export interface OrderedCase {
  readonly id: string;
  readonly reference: string;
  readonly same: string;
  readonly paraphrase: string;
  readonly omitted: string;
  readonly omittedTwo: string;
  readonly invented: string;
  readonly wrongSide: string;
  readonly wrongDegree: string;
  readonly normal: string;
}

export const ORDERS: readonly (readonly [better: string, worse: string, what: string])[];
export function orderedCases(count: number, seed?: number): OrderedCase[];
