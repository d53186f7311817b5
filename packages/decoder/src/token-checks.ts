import type { Memory, TokenBatch } from '@raca/core';

/** @throws RangeError unless there are b · t ids and t is at most `maxLength` */
export function checkTokens(who: string, { ids, shape: [b, t] }: TokenBatch, maxLength: number): void {
  if (ids.length !== b * t) {
    throw new RangeError(`${who}: tokens of shape [${b},${t}] need ${b * t} ids, got ${ids.length}`);
  }
  if (t > maxLength) throw new RangeError(`${who}: at most ${maxLength} tokens a report, got ${t}`);
}

/** @throws RangeError unless there is a row of memory for each row of tokens */
export function checkRows(who: string, { tokens: places }: Memory, { shape: [b] }: TokenBatch): void {
  if (places.shape[0] !== b) {
    throw new RangeError(`${who}: memory has ${places.shape[0]} rows, tokens have ${b}`);
  }
}
