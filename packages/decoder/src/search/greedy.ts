import { checkForbidden } from './forbidden';
import { notNegative, positiveInteger, type Search } from './generation';
import { type OneByOneOptions, oneByOne } from './one-by-one';

/** The most probable token each time; the lower id where two are equal. */
export function greedy(options: OneByOneOptions): Search {
  positiveInteger('maxLength', options.maxLength);
  notNegative('trigramPenalty', options.trigramPenalty ?? 0);
  checkForbidden(options.forbidden);
  return oneByOne(options, argmax);
}

function argmax(x: Float64Array): number {
  let best = 0;
  for (let i = 1; i < x.length; i++) if (x[i] > x[best]) best = i;
  return best;
}
