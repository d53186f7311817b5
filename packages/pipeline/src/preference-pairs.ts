import type { Random } from '@raca/core';
import { constantReport, priorExamSentences } from '@raca/metrics';
import { type LabelledReport, pairsOf, sentencesOf } from '@raca/objectives';
import type { LabelledSentences } from './labelled-sentences';
import type { PreferenceConfig } from './preference-config';

/** A study's report. */
export interface ReportWords {
  readonly id: string;
  /** Ids, without the 0 at either end. */
  readonly words: readonly number[];
}

/** One side of a pair. */
export interface PreferredReport {
  readonly words: readonly number[];
  /** Which words count, and the end: one longer than `words`. */
  readonly counts: Float32Array;
}

/** A report that is wanted of a study, and one that is not. */
export interface PreferencePair {
  readonly id: string;
  readonly chosen: PreferredReport;
  readonly rejected: PreferredReport;
}

/** What {@link preferencePairs} goes by. */
export interface PairOptions extends Pick<PreferenceConfig, 'pairs' | 'masks'> {
  /** Id of the "." token. */
  readonly separator: number;
  /** Longest report in words. */
  readonly maxWords: number;
  readonly decode: (ids: ArrayLike<number>) => string;
  /** Words of a text; null where one of them is not in the vocabulary. */
  readonly encode: (text: string) => number[] | null;
  readonly sentences: LabelledSentences;
  readonly random: Random;
  /** For `nearest`: the report to reject of each study, null where there is none; in the order of the reports. */
  readonly nearest?: readonly (readonly number[] | null)[];
}

/** Said of an earlier study, where no training report says anything of the kind. */
const INVENTED = [
  'compared to the prior study there is no change .',
  'no interval change .',
  'the heart size is unchanged .',
  'the lungs are unchanged .',
  'unchanged .',
  'stable .',
];

/**
 * Pairs by rule, from reports alone: nothing is sampled. Studies whose two reports do not differ make none.
 * @throws Error in one line where no pair can be made
 */
export function preferencePairs(reports: readonly ReportWords[], options: PairOptions): PreferencePair[] {
  const made =
    options.pairs === 'prior-lines' ? withPriorLines(reports, options) : withOthers(reports, options);
  const { chosen, rejected, studies } = pairsOf(
    made.map(([good]) => good),
    made.map(([, bad]) => bad),
  );
  if (studies.length === 0)
    throw new Error(
      `training.preference.pairs: expected two reports that differ of at least one training study, found none (${options.pairs})`,
    );
  return studies.map((i, row) => {
    const [good, bad, id] = made[i];
    const side = (report: LabelledReport, { tokens, sentenceMask }: typeof chosen): PreferredReport => {
      const words = wordsOf(report);
      const steps = tokens.shape[1] - 1;
      const from = row * steps;
      const counts =
        options.masks === 'report'
          ? new Float32Array(words.length + 1).fill(1)
          : sentenceMask.slice(from, from + words.length + 1);
      return { words, counts };
    };
    return { id, chosen: side(good, chosen), rejected: side(bad, rejected) };
  });
}

type Made = readonly [chosen: LabelledReport, rejected: LabelledReport, id: string];

const wordsOf = (report: LabelledReport): number[] => report.flatMap(({ words }) => Array.from(words));

/** The study's own report against its nearest neighbour's or a constant one. */
function withOthers(reports: readonly ReportWords[], options: PairOptions): Made[] {
  const { sentences, decode, pairs, nearest } = options;
  let constant: readonly number[] | null = null;
  if (pairs === 'constant') {
    const texts = reports.map(({ words }) => decode(words));
    constant = reports[texts.indexOf(constantReport(texts))].words;
  }
  return reports.flatMap(({ id, words }, i): Made[] => {
    const other = constant ?? nearest?.[i] ?? null;
    return other ? [[sentences.report(words), sentences.report(other), id]] : [];
  });
}

/** What stands for the label of a line that compares. */
const PRIOR = { 'prior exam': 1 };

/** The report without lines that compare, against the report with some. */
function withPriorLines(reports: readonly ReportWords[], options: PairOptions): Made[] {
  const { separator, decode, encode, maxWords, random } = options;
  const known = new Map<string, boolean>();
  const compares = (sentence: readonly number[]): boolean => {
    const text = decode(sentence);
    let found = known.get(text);
    if (found === undefined) {
      found = priorExamSentences(text).length > 0;
      known.set(text, found);
    }
    return found;
  };
  const split = reports.map(({ id, words }) => {
    const all = sentencesOf(words, separator);
    return { id, all, plain: all.filter((sentence) => !compares(sentence)) };
  });
  const own = split.flatMap(({ all }) => all.filter(compares));
  const lines = own.length > 0 ? own : invented(encode);
  if (lines.length === 0)
    throw new Error(
      'training.preference.pairs: expected training reports that compare with an earlier study, or words for it in the vocabulary, found neither',
    );
  return split.flatMap(({ id, all, plain }): Made[] => {
    const stream = random.split(id);
    const line = stream.pick(lines);
    const own = plain.length < all.length;
    const good = own ? plain : fitting(plain, maxWords - line.length);
    if (good.length === 0) return [];
    const place = stream.int(good.length + 1);
    const worse = own ? all : [...good.slice(0, place), line, ...good.slice(place)];
    const labelled = (sentences: readonly number[][]): LabelledReport =>
      sentences.map((words) => ({ words, labels: compares(words) ? PRIOR : {} }));
    return [[labelled(good), labelled(worse), id]];
  });
}

/** The first sentences, as many as have no more words than this together. */
function fitting(sentences: readonly number[][], maxWords: number): number[][] {
  let words = 0;
  return sentences.filter((sentence) => {
    words += sentence.length;
    return words <= maxWords;
  });
}

/** Lines of {@link INVENTED} that the vocabulary has all words of. */
const invented = (encode: PairOptions['encode']): number[][] =>
  INVENTED.flatMap((text) => {
    const words = encode(text);
    return words ? [words] : [];
  });
