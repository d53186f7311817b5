/** Synonyms from WordNet 3.0: what METEOR's synonym stage asks. */
export interface Wordnet {
  /** Names of the synonym sets that hold the word or one of its base forms, e.g. `n5388805`. */
  synsets(word: string): ReadonlySet<string>;
  /** Every single word of those sets, as written there, and the word itself. */
  synonyms(word: string): ReadonlySet<string>;
}

/** The files of WordNet's database that are read: `index.noun`, `data.noun`, `noun.exc` and so on. */
export const WORDNET_FILES = ['noun', 'verb', 'adj', 'adv'].flatMap((pos) => [
  `index.${pos}`,
  `data.${pos}`,
  `${pos}.exc`,
]);

const KNOWN_WORDS = 100_000;

/**
 * WordNet from the files of its database (Princeton's `dict` folder; Debian's `wordnet-base` has them in
 * /usr/share/wordnet). Words are looked up by bisection in the texts, so nothing is parsed up front.
 * @param reader gives the text of a file of {@link WORDNET_FILES}; in Node use `readWordnet` of
 *   `@raca/metrics/node`
 * @throws Error naming the file that is not one of WordNet's
 */
export async function loadWordnet(reader: (file: string) => string | Promise<string>): Promise<Wordnet> {
  const texts = await Promise.all(WORDNET_FILES.map(async (file) => [file, await reader(file)] as const));
  return wordnetFrom(new Map(texts));
}

/** {@link loadWordnet} of texts that are there already. */
export function wordnetFrom(files: ReadonlyMap<string, string>): Wordnet {
  const dictionaries = PARTS_OF_SPEECH.map(([pos, letter, endings]) => {
    const text = (file: string): string => {
      const content = files.get(file);
      if (typeof content !== 'string') throw new Error(`wordnet: expected the text of ${file}, found none`);
      if (!file.endsWith('.exc') && !content.startsWith('  1 ')) {
        throw new Error(`wordnet: ${file}: expected a WordNet 3.0 database file, found another text`);
      }
      return content;
    };
    return dictionary(letter, endings, text(`index.${pos}`), text(`data.${pos}`), text(`${pos}.exc`));
  });
  return {
    synsets: remember((word) => {
      const lower = word.toLowerCase();
      return new Set(dictionaries.flatMap(({ synsets }) => synsets(lower)));
    }),
    synonyms: remember((word) => {
      const lower = word.toLowerCase();
      return new Set([word, ...dictionaries.flatMap(({ synonyms }) => synonyms(lower))]);
    }),
  };
}

/** Endings that the base forms of a part of speech replace, in WordNet's order (morphy(7WN)). */
type Endings = readonly (readonly [ending: string, replacement: string])[];

const PARTS_OF_SPEECH: readonly (readonly [pos: string, letter: string, endings: Endings])[] = [
  [
    'noun',
    'n',
    [
      ['s', ''],
      ['ses', 's'],
      ['ves', 'f'],
      ['xes', 'x'],
      ['zes', 'z'],
      ['ches', 'ch'],
      ['shes', 'sh'],
      ['men', 'man'],
      ['ies', 'y'],
    ],
  ],
  [
    'verb',
    'v',
    [
      ['s', ''],
      ['ies', 'y'],
      ['es', 'e'],
      ['es', ''],
      ['ed', 'e'],
      ['ed', ''],
      ['ing', 'e'],
      ['ing', ''],
    ],
  ],
  [
    'adj',
    'a',
    [
      ['er', ''],
      ['est', ''],
      ['er', 'e'],
      ['est', 'e'],
    ],
  ],
  ['adv', 'r', []],
];

function dictionary(letter: string, endings: Endings, index: string, data: string, exceptions: string) {
  /** Byte offsets into `data` of the word's synonym sets; the files are ASCII, so bytes are characters. */
  const offsets = (word: string): number[] => {
    const line = findLine(index, word);
    if (line === undefined) return [];
    // lemma pos synset_cnt p_cnt [symbol…] sense_cnt tagsense_cnt offset…
    const fields = line.trimEnd().split(' ');
    return fields.slice(6 + Number(fields[3])).map(Number);
  };
  const baseForms = (word: string): string[] => {
    const known = (forms: string[]) => [...new Set(forms)].filter((form) => offsets(form).length > 0);
    const irregular = findLine(exceptions, word);
    if (irregular !== undefined) return known(irregular.trimEnd().split(' '));
    let forms = [word];
    let found = known([word, ...stripped(forms)]);
    while (found.length === 0 && forms.length > 0) {
      forms = stripped(forms);
      found = known(forms);
    }
    return found;
  };
  const stripped = (forms: readonly string[]): string[] =>
    forms.flatMap((form) =>
      endings
        .filter(([ending]) => form.endsWith(ending))
        .map(([ending, replacement]) => form.slice(0, form.length - ending.length) + replacement),
    );
  const all = (word: string): number[] => baseForms(word).flatMap(offsets);
  return {
    synsets: (word: string) => all(word).map((offset) => letter + offset),
    synonyms: (word: string) => all(word).flatMap((offset) => wordsAt(data, offset)),
  };
}

/** Single words of the synonym set at an offset: `offset file type count word id word id …`. */
function wordsAt(data: string, offset: number): string[] {
  const fields = data.slice(offset, data.indexOf('\n', offset)).split(' ');
  if (Number(fields[0]) !== offset) throw new Error(`wordnet: expected a synonym set at offset ${offset}`);
  const words: string[] = [];
  for (let i = 0; i < Number.parseInt(fields[3]!, 16); i++) {
    const word = fields[4 + 2 * i]!.replace(/\(.*\)$/, '');
    if (!word.includes('_')) words.push(word);
  }
  return words;
}

/** The line of a sorted text that starts with `word` and a space. */
function findLine(text: string, word: string): string | undefined {
  if (word === '' || /\s/.test(word)) return undefined;
  const wanted = `${word} `;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const start = text.lastIndexOf('\n', middle - 1) + 1;
    const end = text.indexOf('\n', middle);
    const line = text.slice(start, end < 0 ? text.length : end);
    if (line.startsWith(wanted)) return line;
    if (line < wanted) low = start + line.length + 1;
    else high = start;
  }
  return undefined;
}

function remember(look: (word: string) => ReadonlySet<string>): (word: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (word) => {
    let answer = known.get(word);
    if (answer === undefined) {
      answer = look(word);
      if (known.size >= KNOWN_WORDS) known.clear();
      known.set(word, answer);
    }
    return answer;
  };
}
