/**
 * Sentences of raw text (full stops, empty lines) and of cleaned text (` . `), lower-case, each as tokens
 * joined and surrounded by single spaces, e.g. ` no effusion , or pneumothorax `. Decimal points stay inside
 * their number; a single line break is a space; hyphens and slashes separate words.
 */
export function splitSentences(text: string): string[] {
  return text
    .toLowerCase()
    .normalize('NFKC')
    .split(/(?<!\d)\.|\.(?!\d)|[!?]|\n\s*\n/)
    .map(normaliseSentence)
    .filter((sentence) => sentence !== ' ');
}

function normaliseSentence(sentence: string): string {
  const tokens = sentence.replaceAll(/\b(can)'t\b/g, '$1not').match(/[a-z0-9]+(?:\.\d+)?|[,;:()/]/g) ?? [];
  return tokens.length === 0 ? ' ' : ` ${tokens.join(' ')} `;
}
