import type { TokenBatch } from '@raca/core';
import type { Tensor3D } from '@tensorflow/tfjs-core';

/** @throws RangeError unless memory is `[b, p, d]` */
export function checkMemory(who: string, memory: Tensor3D, d: number): void {
  if (memory.rank !== 3 || memory.shape[2] !== d) {
    throw new RangeError(`${who}: memory must be [b, p, ${d}], got [${memory.shape}]`);
  }
}

/** @throws RangeError unless there are b · t ids and t is at most `maxLength` */
export function checkTokens(who: string, { ids, shape: [b, t] }: TokenBatch, maxLength: number): void {
  if (ids.length !== b * t) {
    throw new RangeError(`${who}: tokens of shape [${b},${t}] need ${b * t} ids, got ${ids.length}`);
  }
  if (t > maxLength) throw new RangeError(`${who}: at most ${maxLength} tokens a report, got ${t}`);
}

/** @throws RangeError unless there is a row of memory for each row of tokens */
export function checkRows(who: string, memory: Tensor3D, { shape: [b] }: TokenBatch): void {
  if (memory.shape[0] !== b) {
    throw new RangeError(`${who}: memory has ${memory.shape[0]} rows, tokens have ${b}`);
  }
}
