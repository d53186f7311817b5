import { checkForbidden, type ForbiddenWords, forbid } from './forbidden';
import {
  nextLogProbabilities,
  notNegative,
  type OnStep,
  positiveInteger,
  type Search,
  withState,
} from './generation';
import { penaliseTrigrams } from './trigram-penalty';

/** Options of {@link beamSearch}. */
export interface BeamSearchOptions extends ForbiddenWords {
  /** Texts kept a study; default 3. */
  readonly beam?: number;
  /** Longest report in tokens. */
  readonly maxLength: number;
  /** Log-probability taken off for each repeated trigram; 0, the default and the published choice, for none. */
  readonly trigramPenalty?: number;
  /**
   * α: finished texts are ranked by the sum over nᵅ, n their tokens with the end token. 0, the default and the published
   * choice, ranks by the sum, which favours short texts; 1 by the mean of a token.
   */
  readonly lengthPenalty?: number;
  /**
   * Groups of equally many beams, 1; must divide `beam`. Each group is a search of its own that avoids, at every position, what the groups
   * before it have just written there; their best texts are `groups` of the result.
   */
  readonly groups?: number;
  /** λ: taken off a token's log-probability, in the choice alone, for each beam of an earlier group that has just written it; 1. */
  readonly diversity?: number;
  /** Called after every token with each study's best text, finished or not. */
  readonly onStep?: OnStep;
}

/** An unfinished text. */
interface Beam {
  readonly words: readonly number[];
  readonly score: number;
  /** Row of the decoder's state that has read all words but the last. */
  readonly row: number;
}

/** A finished text; `rank` is what texts are compared by. */
interface Text {
  readonly words: readonly number[];
  readonly score: number;
  readonly rank: number;
}

/** A search of its own. */
interface Group {
  beams: Beam[];
  /** The best finished text. */
  best: Text;
}

type Study = readonly Group[];

/** What {@link extend} goes by. */
interface Rules {
  readonly forbidden: readonly number[];
  readonly beam: number;
  readonly trigramPenalty: number;
  readonly lengthPenalty: number;
  readonly maxLength: number;
  readonly diversity: number;
}

/**
 * Beam search by the sum of log-probabilities. A text is finished by token 0 or at
 * `maxLength`; the best finished one is returned, the earliest where two are equal.
 *
 * The published search lets a finished text go on at −1000, where nothing that grows from it can come back
 * before it, and runs to the full length. Leaving it out, and stopping a study once no open text can become better than
 * the best finished one (sums only fall, and no text is longer than `maxLength`), returns the same.
 *
 * With `groups` the search is diverse: group g chooses its continuations by score − λ · (beams of groups before g that have just chosen the
 * same token); what is chosen keeps its score, and the penalty is not carried on. The first group is a plain search by its share of the beams, so
 * the best text of all is seldom another one; `groups` of the result has the others.
 *
 * @see length penalty: Wu et al. 2016, arXiv:1609.08144, section 7, without its constant 5; groups: Vijayakumar et al. 2016,
 *   arXiv:1610.02424, with Hamming diversity
 */
export function beamSearch(options: BeamSearchOptions): Search {
  const { beam = 3, maxLength, trigramPenalty = 0, lengthPenalty = 0, forbidden = [], onStep } = options;
  const { groups = 1, diversity = 1 } = options;
  const rules = { beam: beam / groups, maxLength, trigramPenalty, lengthPenalty, forbidden, diversity };
  positiveInteger('beam', beam);
  positiveInteger('groups', groups);
  notNegative('diversity', diversity);
  if (beam % groups !== 0) {
    throw new RangeError(`search: groups must divide beam, got ${groups} groups of ${beam} beams`);
  }
  positiveInteger('maxLength', maxLength);
  notNegative('trigramPenalty', trigramPenalty);
  notNegative('lengthPenalty', lengthPenalty);
  checkForbidden(forbidden);
  return (decoder, memory, reading) =>
    withState(decoder, memory, { ...reading, rowsPerStudy: beam }, async (state) => {
      const studies = Array.from(
        { length: memory.tokens.shape[0] },
        (_, row): Study =>
          Array.from({ length: groups }, () => ({ beams: [{ words: [], score: 0, row }], best: NOTHING })),
      );
      let open = studies;
      let last = open.map(() => 0);
      for (let t = 1; open.length > 0; t++) {
        const next = await nextLogProbabilities(decoder, state, last);
        for (const study of open) extend(study, next, t, rules);
        onStep?.(studies.map((study) => bestText(study, lengthPenalty)));
        open = open.filter((study) => beamsOf(study).length > 0);
        if (open.length === 0) break;
        // The same number of rows for each study, side by side, lets the decoder share what it knows of the study.
        const each = Math.max(...open.map((study) => beamsOf(study).length));
        const rows: number[] = [];
        last = [];
        for (const study of open) {
          const beams = beamsOf(study);
          const from = rows.length;
          for (let i = 0; i < each; i++) {
            const { row, words } = beams[i] ?? beams[0];
            rows.push(row);
            last.push(words[words.length - 1]);
          }
          let next = from;
          for (const group of study) group.beams = group.beams.map((old) => ({ ...old, row: next++ }));
        }
        state.select(rows);
      }
      const best = studies.map((study) => firstBest(study.map((group) => group.best)));
      return {
        tokens: best.map(({ words }) => [...words]),
        scores: best.map(({ score }) => score),
        ...(groups > 1 && {
          groups: studies.map((study) =>
            study.map(({ best: { words, score } }) => ({ tokens: [...words], score })),
          ),
        }),
      };
    });
}

const NOTHING: Text = { words: [], score: Number.NEGATIVE_INFINITY, rank: Number.NEGATIVE_INFINITY };

const beamsOf = (study: Study): Beam[] => study.flatMap(({ beams }) => beams);

/** The text of highest rank, the earliest where two are equal. */
const firstBest = (texts: readonly Text[]): Text =>
  texts.reduce((best, text) => (text.rank > best.rank ? text : best));

/** The text that would win if all were cut now. */
const bestText = (study: Study, lengthPenalty: number): readonly number[] =>
  firstBest(
    study.map(({ beams, best }) => {
      if (beams.length === 0) return best;
      const { words, score } = beams[0];
      return firstBest([best, { words, score, rank: score / words.length ** lengthPenalty }]);
    }),
  ).words;

/** Goes on with all groups of a study, each after those before it. */
function extend(study: Study, next: Float64Array[], t: number, rules: Rules): void {
  const penalties = new Map<number, number>(); // by token
  for (const group of study) {
    for (const token of extendGroup(group, next, t, rules, penalties))
      penalties.set(token, (penalties.get(token) ?? 0) + rules.diversity);
  }
}

/**
 * Replaces a group's open texts by the best of their continuations; keeps the best text that ended.
 * @returns the tokens chosen
 */
function extendGroup(
  group: Group,
  next: Float64Array[],
  t: number,
  rules: Rules,
  penalties: ReadonlyMap<number, number>,
): number[] {
  const { beam, trigramPenalty, lengthPenalty, maxLength, forbidden } = rules;
  const top: { from: Beam; token: number; score: number; worth: number }[] = []; // falling worth
  for (const from of group.beams) {
    const logProbabilities = next[from.row];
    forbid(logProbabilities, forbidden);
    penaliseTrigrams(logProbabilities, from.words, trigramPenalty);
    for (let token = 0; token < logProbabilities.length; token++) {
      const score = from.score + logProbabilities[token];
      const worth = score - (penalties.get(token) ?? 0);
      if (top.length === beam && !(worth > top[beam - 1].worth)) continue;
      let place = Math.min(top.length, beam - 1);
      const found = { from, token, score, worth };
      if (top.length < beam) top.push(found);
      while (place > 0 && top[place - 1].worth < worth) {
        top[place] = top[place - 1];
        place--;
      }
      top[place] = found;
    }
  }
  group.beams = [];
  for (const { from, token, score } of top) {
    const words = token === 0 ? from.words : [...from.words, token];
    const rank = score / t ** lengthPenalty;
    if (token !== 0 && t < maxLength) group.beams.push({ words, score, row: from.row });
    else if (rank > group.best.rank) group.best = { words, score, rank };
  }
  const hope = Math.max(...group.beams.map(({ score }) => score)) / maxLength ** lengthPenalty;
  if (group.beams.length > 0 && hope <= group.best.rank) group.beams = [];
  return top.map(({ token }) => token);
}
