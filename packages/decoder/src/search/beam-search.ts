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

interface Study {
  beams: Beam[];
  /** The best finished text; `rank` is what texts are compared by. */
  best: { words: readonly number[]; score: number; rank: number };
}

/** What {@link extend} goes by. */
interface Rules {
  readonly forbidden: readonly number[];
  readonly beam: number;
  readonly trigramPenalty: number;
  readonly lengthPenalty: number;
  readonly maxLength: number;
}

/**
 * Beam search by the sum of log-probabilities. A text is finished by token 0 or at
 * `maxLength`; the best finished one is returned, the earliest where two are equal.
 *
 * The published search lets a finished text go on at −1000, where nothing that grows from it can come back
 * before it, and runs to the full length. Leaving it out, and stopping a study once no open text can become better than
 * the best finished one (sums only fall, and no text is longer than `maxLength`), returns the same.
 *
 * @see length penalty: Wu et al. 2016, arXiv:1609.08144, section 7, without its constant 5
 */
export function beamSearch(options: BeamSearchOptions): Search {
  const { beam = 3, maxLength, trigramPenalty = 0, lengthPenalty = 0, forbidden = [], onStep } = options;
  const rules = { beam, maxLength, trigramPenalty, lengthPenalty, forbidden };
  positiveInteger('beam', beam);
  positiveInteger('maxLength', maxLength);
  notNegative('trigramPenalty', trigramPenalty);
  notNegative('lengthPenalty', lengthPenalty);
  checkForbidden(forbidden);
  return (decoder, memory, reading) =>
    withState(decoder, memory, { ...reading, rowsPerStudy: beam }, async (state) => {
      const studies = Array.from(
        { length: memory.tokens.shape[0] },
        (_, row): Study => ({
          beams: [{ words: [], score: 0, row }],
          best: { words: [], score: Number.NEGATIVE_INFINITY, rank: Number.NEGATIVE_INFINITY },
        }),
      );
      let open = studies;
      let last = open.map(() => 0);
      for (let t = 1; open.length > 0; t++) {
        const next = await nextLogProbabilities(decoder, state, last);
        for (const study of open) extend(study, next, t, rules);
        onStep?.(studies.map((study) => bestText(study, lengthPenalty)));
        open = open.filter(({ beams }) => beams.length > 0);
        if (open.length === 0) break;
        // The same number of rows for each study, side by side, lets the decoder share what it knows of the study.
        const each = Math.max(...open.map(({ beams }) => beams.length));
        const rows: number[] = [];
        last = [];
        for (const study of open) {
          const { beams } = study;
          const from = rows.length;
          for (let i = 0; i < each; i++) {
            const { row, words } = beams[i] ?? beams[0];
            rows.push(row);
            last.push(words[words.length - 1]);
          }
          study.beams = beams.map((old, i) => ({ ...old, row: from + i }));
        }
        state.select(rows);
      }
      return {
        tokens: studies.map(({ best }) => [...best.words]),
        scores: studies.map(({ best }) => best.score),
      };
    });
}

/** The text that would win if all were cut now. */
const bestText = ({ beams, best }: Study, lengthPenalty: number): readonly number[] =>
  beams.length > 0 && beams[0].score / beams[0].words.length ** lengthPenalty > best.rank
    ? beams[0].words
    : best.words;

/** Replaces a study's open texts by the best of their continuations; keeps the best text that ended. */
function extend(study: Study, next: Float64Array[], t: number, rules: Rules): void {
  const { beam, trigramPenalty, lengthPenalty, maxLength, forbidden } = rules;
  const top: { from: Beam; token: number; score: number }[] = []; // falling scores
  for (const from of study.beams) {
    const logProbabilities = next[from.row];
    forbid(logProbabilities, forbidden);
    penaliseTrigrams(logProbabilities, from.words, trigramPenalty);
    for (let token = 0; token < logProbabilities.length; token++) {
      const score = from.score + logProbabilities[token];
      if (top.length === beam && !(score > top[beam - 1].score)) continue;
      let place = Math.min(top.length, beam - 1);
      if (top.length < beam) top.push({ from, token, score });
      while (place > 0 && top[place - 1].score < score) {
        top[place] = top[place - 1];
        place--;
      }
      top[place] = { from, token, score };
    }
  }
  study.beams = [];
  for (const { from, token, score } of top) {
    const words = token === 0 ? from.words : [...from.words, token];
    const rank = score / t ** lengthPenalty;
    if (token !== 0 && t < maxLength) study.beams.push({ words, score, row: from.row });
    else if (rank > study.best.rank) study.best = { words, score, rank };
  }
  const hope = (study.beams[0]?.score ?? 0) / maxLength ** lengthPenalty;
  if (study.beams.length > 0 && hope <= study.best.rank) study.beams = [];
}
