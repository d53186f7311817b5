export interface WordPieceOptions {
  /** Lower case and no accents, as BERT's `uncased` models; true when left out. */
  readonly lowerCase?: boolean;
  /** Most tokens of a text with its start and end; 512 when left out. */
  readonly maxLength?: number;
}

/** BERT's tokenizer over a vocabulary: text to token numbers, `[CLS]` first and `[SEP]` last. */
export interface WordPiece {
  tokenize(text: string): number[];
  /** Numbers of `[CLS]` and `[SEP]`. */
  readonly special: ReadonlySet<number>;
}

/** Longer words are unknown, as in BERT. */
const LONGEST_WORD = 100;

/**
 * The tokenizer of BERT models (CheXbert, BioClinicalBERT, CXR-BERT and their kin): words and marks, then the longest piece
 * of the vocabulary again and again, `##` before all but the first.
 * @param vocabulary tokens in the order of their numbers, the lines of `vocab.txt`
 * @throws Error if the vocabulary lacks `[UNK]`, `[CLS]` or `[SEP]`
 * @see Devlin et al., BERT, NAACL 2019, arXiv:1810.04805
 */
export function wordPiece(
  vocabulary: readonly string[],
  { lowerCase = true, maxLength = 512 }: WordPieceOptions = {},
): WordPiece {
  const numbers = new Map(vocabulary.map((token, i) => [token, i]));
  const [unknown, first, last] = ['[UNK]', '[CLS]', '[SEP]'].map((token) => {
    const number = numbers.get(token);
    if (number === undefined) throw new Error(`wordPiece: expected a vocabulary with ${token}, found none`);
    return number;
  }) as [number, number, number];
  return {
    special: new Set([first, last]),
    tokenize(text) {
      const tokens = [first];
      for (const word of words(lowerCase ? plain(text) : text)) {
        for (const piece of pieces(word, numbers) ?? [unknown]) tokens.push(piece);
        if (tokens.length >= maxLength) break;
      }
      return [...tokens.slice(0, maxLength - 1), last];
    },
  };
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');

/** Words between white space; every mark and every Chinese character is a word of its own. */
const words = (text: string): string[] =>
  text
    .replace(/[\p{Cc}\p{Cf}\uFFFD]/gu, (mark) => (/\s/.test(mark) ? ' ' : ''))
    .replace(/[\p{P}$+<=>^`|~]|\p{Script=Han}/gu, ' $& ')
    .split(/\s+/)
    .filter((word) => word !== '');

function pieces(word: string, numbers: ReadonlyMap<string, number>): number[] | undefined {
  const letters = [...word];
  if (letters.length > LONGEST_WORD) return undefined;
  const found: number[] = [];
  for (let from = 0; from < letters.length; ) {
    let to = letters.length;
    let number: number | undefined;
    for (; to > from; to--) {
      const piece = letters.slice(from, to).join('');
      number = numbers.get(from === 0 ? piece : `##${piece}`);
      if (number !== undefined) break;
    }
    if (number === undefined) return undefined;
    found.push(number);
    from = to;
  }
  return found;
}
