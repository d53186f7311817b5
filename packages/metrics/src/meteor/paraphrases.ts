import type { Paraphrases } from './stages';

/**
 * METEOR's paraphrase table: three lines an entry, probability, phrase, phrase. Each entry counts both ways.
 * @param text the unpacked table
 * @param least entries below this probability are left out
 * @throws Error naming the line that is not as expected
 */
export function parseParaphrases(text: string, least = 0): Paraphrases {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  const table = new Map<string, Set<string>>();
  const add = (phrase: string, other: string) => {
    const others = table.get(phrase);
    if (others) others.add(other);
    else table.set(phrase, new Set([other]));
  };
  for (let i = 0; i < lines.length; i += 3) {
    const probability = Number(lines[i]);
    if (lines[i] === '' || !(probability >= 0 && probability <= 1)) {
      throw new Error(`paraphrases: line ${i + 1}: expected a probability, found "${lines[i]}"`);
    }
    const [a, b] = [lines[i + 1]?.trim(), lines[i + 2]?.trim()];
    if (!a || !b) throw new Error(`paraphrases: line ${i + 2}: expected two lines with phrases, found none`);
    if (probability < least) continue;
    add(a, b);
    add(b, a);
  }
  return table;
}
