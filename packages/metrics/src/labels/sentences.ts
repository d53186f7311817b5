/**
 * Sentences of raw text (full stops, empty lines) and of cleaned text (` . `), lower-case, each as tokens
 * joined and surrounded by single spaces, e.g. ` no effusion , or pneumothorax `. Decimal points stay inside
 * their number; a single line break is a space; hyphens separate words. Text that runs on without a full
 * stop is cut every {@link LONGEST} tokens, so that the time stays linear in its length.
 */
export const splitSentences = (text: string): string[] => splitWrittenSentences(text.toLowerCase());

/** The same with letters as written. */
export function splitWrittenSentences(text: string): string[] {
  return text
    .normalize('NFKC')
    .split(/(?<!\d)\.|\.(?!\d)|[!?]|\n\s*\n/)
    .flatMap((sentence) => normaliseSentence(sentence));
}

const LONGEST = 200;

function normaliseSentence(sentence: string): string[] {
  const tokens = sentence.replaceAll(/\bcan't\b/gi, 'cannot').match(/[a-z0-9]+(?:\.\d+)?|[,;:()/]/gi) ?? [];
  const pieces: string[] = [];
  for (let i = 0; i < tokens.length; i += LONGEST) pieces.push(` ${tokens.slice(i, i + LONGEST).join(' ')} `);
  return pieces;
}
