import type { Memory } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

const LEVEL = /^level-(\d+)$/;

/**
 * What each layer of a decoder reads: the first the part `level-1`, the second `level-2`, and so on, the last `patches`; beside
 * that all parts that are no level. A memory without levels is read whole by every layer.
 *
 * @throws RangeError unless there are no levels, or as many as layers (`patches` being one)
 */
export function levelsOf(who: string, { tokens, present, parts }: Memory, layers: number): Memory[] {
  const levels = parts.filter(({ name }) => LEVEL.test(name));
  if (levels.length === 0) return Array.from({ length: layers }, () => ({ tokens, present, parts }));
  const names = [...Array.from({ length: layers - 1 }, (_, i) => `level-${i + 1}`), 'patches'];
  const found = new Set(parts.map(({ name }) => name));
  if (levels.length !== layers - 1 || !names.every((name) => found.has(name))) {
    const shown = levels.map(({ name }) => name).join(', ');
    throw new RangeError(`${who}: ${layers} layers read ${names.join(', ')}, found the levels ${shown}`);
  }
  return names.map((own) => {
    const read = parts.filter(({ name }) => name === own || !names.includes(name));
    const take = <T extends tf.Tensor>(x: T): T =>
      tf.concat(
        read.map(({ from, to }) => tf.slice(x, [0, from], [-1, to - from])),
        1,
      );
    let to = 0;
    const moved = read.map(({ name, ...old }) => {
      const from = to;
      to += old.to - old.from;
      return { name, from, to };
    });
    return { tokens: take(tokens), present: present && take(present), parts: moved };
  });
}
