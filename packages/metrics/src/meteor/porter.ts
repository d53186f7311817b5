/**
 * Porter's stemmer (Program 14(3), 1980) with NLTK's additions, the first `PorterStemmer` of NLTK: words of up to
 * two letters stay, a short list of irregular forms, four-letter words in -ies and -ied end in -ie, y becomes i
 * only after a consonant, and -bli, -alli, -fulli and -logi have rules of their own.
 * @param word one word; it is lower-cased
 */
export function porterStem(word: string): string {
  const lower = word.toLowerCase();
  const irregular = IRREGULAR.get(lower);
  if (irregular !== undefined) return irregular;
  if (lower.length <= 2) return lower;
  return dropDoubleL(dropE(step4(step3(step2(yToI(pastAndGerund(plural(lower))))))));
}

const IRREGULAR = new Map(
  Object.entries({
    sky: ['sky', 'skies'],
    die: ['dying'],
    lie: ['lying'],
    tie: ['tying'],
    news: ['news'],
    inning: ['innings', 'inning'],
    outing: ['outings', 'outing'],
    canning: ['cannings', 'canning'],
    howe: ['howe'],
    proceed: ['proceed'],
    exceed: ['exceed'],
    succeed: ['succeed'],
  }).flatMap(([stem, forms]) => forms.map((form) => [form, stem] as const)),
);

function isConsonant(word: string, at: number): boolean {
  const letter = word[at]!;
  if ('aeiou'.includes(letter)) return false;
  return letter !== 'y' || at === 0 || !isConsonant(word, at - 1);
}

/** Porter's m: how often a consonant follows a vowel. */
function measure(stem: string): number {
  let m = 0;
  for (let i = 1; i < stem.length; i++) if (!isConsonant(stem, i - 1) && isConsonant(stem, i)) m++;
  return m;
}

function hasVowel(stem: string): boolean {
  for (let i = 0; i < stem.length; i++) if (!isConsonant(stem, i)) return true;
  return false;
}

const endsInDoubleConsonant = (word: string): boolean =>
  word.length >= 2 && word.at(-1) === word.at(-2) && isConsonant(word, word.length - 1);

/** Consonant, vowel, consonant that is not w, x or y; NLTK also takes a vowel and a consonant alone. */
function endsInShortSyllable(word: string): boolean {
  const n = word.length;
  if (n === 2) return !isConsonant(word, 0) && isConsonant(word, 1);
  return (
    n >= 3 &&
    isConsonant(word, n - 3) &&
    !isConsonant(word, n - 2) &&
    isConsonant(word, n - 1) &&
    !'wxy'.includes(word[n - 1]!)
  );
}

type Rule = readonly [ending: string, replacement: string, allowed?: (stem: string) => boolean];

/** The first rule whose ending fits decides: a stem it does not allow leaves the word as it is. */
function applyFirst(word: string, rules: readonly Rule[]): string {
  for (const [ending, replacement, allowed] of rules) {
    if (!word.endsWith(ending)) continue;
    const stem = word.slice(0, word.length - ending.length);
    return !allowed || allowed(stem) ? stem + replacement : word;
  }
  return word;
}

const measured = (stem: string): boolean => measure(stem) > 0;
const measuredTwice = (stem: string): boolean => measure(stem) > 1;

function plural(word: string): string {
  if (word.length === 4 && word.endsWith('ies')) return word.slice(0, -1);
  return applyFirst(word, [
    ['sses', 'ss'],
    ['ies', 'i'],
    ['ss', 'ss'],
    ['s', ''],
  ]);
}

function pastAndGerund(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return measured(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const ending = ['ed', 'ing'].find((e) => word.endsWith(e) && hasVowel(word.slice(0, -e.length)));
  if (ending === undefined) return word;
  const stem = word.slice(0, -ending.length);
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsInDoubleConsonant(stem)) return 'lsz'.includes(stem.at(-1)!) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsInShortSyllable(stem) ? `${stem}e` : stem;
}

const yToI = (word: string): string =>
  applyFirst(word, [['y', 'i', (stem) => stem.length > 1 && isConsonant(stem, stem.length - 1)]]);

const STEP_2: readonly Rule[] = [
  ...(
    [
      ['ational', 'ate'],
      ['tional', 'tion'],
      ['enci', 'ence'],
      ['anci', 'ance'],
      ['izer', 'ize'],
      ['bli', 'ble'],
      ['alli', 'al'],
      ['entli', 'ent'],
      ['eli', 'e'],
      ['ousli', 'ous'],
      ['ization', 'ize'],
      ['ation', 'ate'],
      ['ator', 'ate'],
      ['alism', 'al'],
      ['iveness', 'ive'],
      ['fulness', 'ful'],
      ['ousness', 'ous'],
      ['aliti', 'al'],
      ['iviti', 'ive'],
      ['biliti', 'ble'],
      ['fulli', 'ful'],
    ] as const
  ).map(([ending, replacement]): Rule => [ending, replacement, measured]),
  ['logi', 'log', (stem) => measured(`${stem}l`)],
];

function step2(word: string): string {
  if (word.endsWith('alli') && measured(word.slice(0, -4))) return step2(word.slice(0, -2));
  return applyFirst(word, STEP_2);
}

const step3 = (word: string): string =>
  applyFirst(
    word,
    (
      [
        ['icate', 'ic'],
        ['ative', ''],
        ['alize', 'al'],
        ['iciti', 'ic'],
        ['ical', 'ic'],
        ['ful', ''],
        ['ness', ''],
      ] as const
    ).map(([ending, replacement]): Rule => [ending, replacement, measured]),
  );

const STEP_4: readonly Rule[] = [
  ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent'].map(
    (ending): Rule => [ending, '', measuredTwice],
  ),
  ['ion', '', (stem) => measuredTwice(stem) && /[st]$/.test(stem)],
  ...['ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'].map((ending): Rule => [ending, '', measuredTwice]),
];

const step4 = (word: string): string => applyFirst(word, STEP_4);

function dropE(word: string): string {
  if (!word.endsWith('e')) return word;
  const stem = word.slice(0, -1);
  const m = measure(stem);
  return m > 1 || (m === 1 && !endsInShortSyllable(stem)) ? stem : word;
}

const dropDoubleL = (word: string): string =>
  word.endsWith('ll') && measuredTwice(word.slice(0, -1)) ? word.slice(0, -1) : word;
