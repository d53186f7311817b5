import { type ForbiddenWords, forbid } from './forbidden';
import { nextLogProbabilities, type OnStep, type Search, withState } from './generation';
import { penaliseTrigrams } from './trigram-penalty';

/** Options of the searches that keep one text a study. */
export interface OneByOneOptions extends ForbiddenWords {
  /** Longest report in tokens. */
  readonly maxLength: number;
  /** Log-probability taken off for each repeated trigram; 0, the default, for none. */
  readonly trigramPenalty?: number;
  /** Called after every token. */
  readonly onStep?: OnStep;
}

/** Picks the next token. @param row place of the report in the batch */
export type Choose = (logProbabilities: Float64Array, row: number) => number;

/** Writes one token after the other until each report chose 0 or has `maxLength`; finished rows are dropped. */
export function oneByOne(
  { maxLength, trigramPenalty = 0, forbidden = [], onStep }: OneByOneOptions,
  choose: Choose,
): Search {
  return (decoder, memory, reading) =>
    withState(decoder, memory, { ...reading, rowsPerStudy: 1 }, async (state) => {
      const b = memory.tokens.shape[0];
      const tokens: number[][] = Array.from({ length: b }, () => []);
      const scores = new Array<number>(b).fill(0);
      let open = tokens.map((_, i) => i); // reports being written, row by row
      let last = open.map(() => 0);
      for (let t = 0; t < maxLength && open.length > 0; t++) {
        const all = await nextLogProbabilities(decoder, state, last);
        const chosen = all.map((logProbabilities, row) => {
          const report = open[row];
          forbid(logProbabilities, forbidden);
          penaliseTrigrams(logProbabilities, tokens[report], trigramPenalty);
          const token = choose(logProbabilities, report);
          scores[report] += logProbabilities[token];
          if (token !== 0) tokens[report].push(token);
          return token;
        });
        onStep?.(tokens);
        const going = chosen.flatMap((token, row) => (token === 0 ? [] : [row]));
        if (going.length > 0 && going.length < open.length) state.select(going);
        open = going.map((row) => open[row]);
        last = going.map((row) => chosen[row]);
      }
      return { tokens, scores };
    });
}
