import { isAnswer } from './answers';

const BOX = /\[(x| )\]/;

/**
 * A line with check boxes (`[x]`, `[ ]`) as statements `label: yes` and `label: no`. The box may stand before its
 * label, behind it, or before each possible answer.
 */
export function readBoxes(line: string): string[] {
  const parts = line.split(BOX); // text, mark, text, mark, text …
  const texts = parts
    .filter((_, i) => i % 2 === 0)
    .map((text) => text.replace(/^[\s,;|:-]+|[\s,;|:-]{1,8}$/g, ''));
  const marks = parts.filter((_, i) => i % 2 === 1);
  const [lead, ...behind] = texts as [string, ...string[]];
  if (lead !== '' && behind.every((text) => isAnswer(text))) {
    const chosen = behind.filter((_, i) => marks[i] === 'x');
    return chosen.length === 0 ? [] : [`${lead}: ${chosen.join(', ')}`];
  }
  const yesNo = (label: string, mark: string): string => `${label}: ${mark === 'x' ? 'yes' : 'no'}`;
  if (lead !== '' && behind.at(-1) === '') {
    return marks.map((mark, i) => yesNo(texts[i]!, mark)).filter((text) => !text.startsWith(':'));
  }
  const items = behind.flatMap((label, i) => (label === '' ? [] : [yesNo(label, marks[i]!)]));
  return lead === '' ? items : [lead, ...items];
}

export const hasBox = (line: string): boolean => BOX.test(line);
