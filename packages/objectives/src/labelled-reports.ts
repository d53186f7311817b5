import type { TokenBatch } from '@raca/core';

/** One sentence and what it says, as somebody's labeler found it. */
export interface LabelledSentence {
  /** Ids of the words, ≥ 1, with the one that ends the sentence. */
  readonly words: ArrayLike<number>;
  /** Finding → state, such as `{ effusion: 'positive' }`; empty where nothing is said that counts. */
  readonly labels: Readonly<Record<string, string | number>>;
  /** Regions it speaks of; absent where nobody knows. */
  readonly regions?: readonly (string | number)[];
}

/** Sentences in their order. */
export type LabelledReport = readonly LabelledSentence[];

/** Whether one of a sentence's labels is in none of the report's sentences: said of the truth, that it is false. */
export const contradicts = ({ labels }: LabelledSentence, report: LabelledReport): boolean =>
  Object.entries(labels).some(
    ([finding, state]) =>
      !report.some((other) => Object.hasOwn(other.labels, finding) && other.labels[finding] === state),
  );

/** Words of one report → words of its sentences, each with the separator that ends it. @param separator id of "." */
export function sentencesOf(words: ArrayLike<number>, separator: number): number[][] {
  const sentences: number[][] = [];
  let open: number[] = [];
  for (let i = 0; i < words.length && words[i] !== 0; i++) {
    open.push(words[i]);
    if (words[i] !== separator) continue;
    sentences.push(open);
    open = [];
  }
  return open.length > 0 ? [...sentences, open] : sentences;
}

/** Reports as token rows: 0, the words, 0, padding of 0. */
export function tokenRows(reports: readonly LabelledReport[]): TokenBatch {
  const rows = reports.map((report) => report.flatMap(({ words }) => Array.from(words)));
  const t = Math.max(0, ...rows.map(({ length }) => length)) + 2;
  const ids = new Int32Array(rows.length * t);
  rows.forEach((words, i) => {
    ids.set(words, i * t + 1);
  });
  return { ids, shape: [rows.length, t] };
}
