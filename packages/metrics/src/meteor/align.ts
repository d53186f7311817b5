/** `exact` same word, `stem` same stem, `synonym` a common synonym set, `paraphrase` from a table of phrases. */
export type MatchStage = 'exact' | 'stem' | 'synonym' | 'paraphrase';

/** Words of the hypothesis and words of the reference that stand for each other. */
export interface PhraseMatch {
  readonly stage: MatchStage;
  /** Position of the first word in each text. */
  readonly hypothesis: number;
  readonly reference: number;
  /** Number of words, 1 except for paraphrases. */
  readonly hypothesisWords: number;
  readonly referenceWords: number;
}

export interface Alignment {
  /** In the order of the hypothesis; no word is in two of them. */
  readonly matches: readonly PhraseMatch[];
  /** Runs of matches that follow one another in both texts. */
  readonly chunks: number;
}

/** Words of the reference that may stand for the words from one position of the hypothesis on. */
export type Candidate = Omit<PhraseMatch, 'hypothesis'>;

/** Everything that may be aligned with the words from one position of the hypothesis on. */
export interface PossibleMatches {
  /** Word for word, in the order of the reference. */
  readonly words: readonly Candidate[];
  readonly phrases: readonly Candidate[];
}

/** One bit a word of the reference, 1024 to a page; paths share the pages that they have not changed. */
type Taken = readonly Uint32Array[];

/** A path from the start of the hypothesis to a position. */
interface Path {
  readonly parent: Path | null;
  /** What the last step matched, from position `at` on; null when it left a word out. */
  readonly match: Candidate | null;
  readonly at: number;
  /** Words covered in both texts. */
  readonly covered: number;
  readonly chunks: number;
  readonly distance: number;
  /** Position after the last match in each text. */
  readonly hypothesisEnd: number;
  readonly referenceEnd: number;
  /** Reference words taken: made when the path is carried on, dropped when nothing needs it. */
  used: Taken | null;
}

/**
 * METEOR 1.5's alignment: most words covered in both texts, then fewest chunks, then the smallest sum of distances
 * between the positions matched. A beam search from left to right over the hypothesis; ties go to what came first.
 * @param possible one entry for each word of the hypothesis
 * @param referenceLength words of the reference
 * @see Denkowski and Lavie, WMT 2014, section 2.1
 */
export function align(
  possible: readonly PossibleMatches[],
  referenceLength: number,
  beamSize = 40,
): Alignment {
  let longest = 1;
  for (const { phrases } of possible) {
    for (const { hypothesisWords } of phrases) longest = Math.max(longest, hypothesisWords);
  }
  const beams: Path[][] = Array.from({ length: possible.length + 1 }, () => []);
  beams[0]!.push({
    parent: null,
    match: null,
    at: 0,
    covered: 0,
    chunks: 0,
    distance: 0,
    hypothesisEnd: -1,
    referenceEnd: -1,
    used: Array.from({ length: (referenceLength + 1023) >>> 10 }, () => new Uint32Array(32)),
  });
  for (let at = 0; at < possible.length; at++) {
    for (const path of beams[at]!) carryOn(path, at, possible[at]!, beams, beamSize);
    if (at >= longest) for (const path of beams[at - longest]!) path.used = null;
  }
  const best = beams[possible.length]![0]!;
  const matches: PhraseMatch[] = [];
  for (let step: Path | null = best; step; step = step.parent) {
    if (step.match) matches.push({ hypothesis: step.at, ...step.match });
  }
  return { matches: matches.reverse(), chunks: best.chunks };
}

function carryOn(
  path: Path,
  at: number,
  { words, phrases }: PossibleMatches,
  beams: Path[][],
  beamSize: number,
): void {
  const used = takenBy(path);
  const next = path.hypothesisEnd === at ? find(words, path.referenceEnd) : undefined;
  if (next && !has(used, next.reference)) take(path, at, next, beams[at + 1]!, beamSize);
  // From the nearest word outwards: when one finds no room in the beam, none behind it does.
  let left = firstFrom(words, at) - 1;
  let right = left + 1;
  while (left >= 0 || right < words.length) {
    const goLeft =
      right >= words.length || (left >= 0 && at - words[left]!.reference <= words[right]!.reference - at);
    const word = goLeft ? words[left--]! : words[right++]!;
    if (word === next || has(used, word.reference)) continue;
    if (!take(path, at, word, beams[at + 1]!, beamSize)) break;
  }
  for (const phrase of phrases) {
    let free = true;
    for (let k = 0; k < phrase.referenceWords; k++) free &&= !has(used, phrase.reference + k);
    if (free) take(path, at, phrase, beams[at + phrase.hypothesisWords]!, beamSize);
  }
  const { covered, chunks, distance } = path;
  const place = placeIn(beams[at + 1]!, beamSize, covered, chunks, distance);
  if (place >= 0) insert(beams[at + 1]!, beamSize, place, { ...path, parent: path, match: null });
}

/** Adds the path with one match more, unless the beam has no room for it. */
function take(path: Path, at: number, match: Candidate, beam: Path[], beamSize: number): boolean {
  const { hypothesisWords, reference, referenceWords } = match;
  const covered = path.covered + hypothesisWords + referenceWords;
  const chunks = path.chunks + (path.hypothesisEnd === at && path.referenceEnd === reference ? 0 : 1);
  const distance = path.distance + Math.abs(at - reference);
  const place = placeIn(beam, beamSize, covered, chunks, distance);
  if (place < 0) return false;
  insert(beam, beamSize, place, {
    parent: path,
    match,
    at,
    covered,
    chunks,
    distance,
    hypothesisEnd: at + hypothesisWords,
    referenceEnd: reference + referenceWords,
    used: null,
  });
  return true;
}

const has = (taken: Taken, at: number): boolean =>
  (taken[at >>> 10]![(at >>> 5) & 31]! & (1 << (at & 31))) !== 0;

function takenBy(path: Path): Taken {
  if (path.used === null) {
    const pages = [...path.parent!.used!];
    const { reference, referenceWords } = path.match!;
    const [first, last] = [reference >>> 10, (reference + referenceWords - 1) >>> 10];
    for (let page = first; page <= last; page++) pages[page] = pages[page]!.slice();
    for (let k = reference; k < reference + referenceWords; k++) {
      pages[k >>> 10]![(k >>> 5) & 31]! |= 1 << (k & 31);
    }
    path.used = pages;
  }
  return path.used;
}

/** Where a path belongs in a sorted beam, behind those as good; -1 when there is no room. */
function placeIn(beam: Path[], size: number, covered: number, chunks: number, distance: number): number {
  let place = beam.length;
  while (place > 0) {
    const other = beam[place - 1]!;
    const better = covered - other.covered || other.chunks - chunks || other.distance - distance;
    if (better <= 0) break;
    place--;
  }
  return place === size ? -1 : place;
}

function insert(beam: Path[], size: number, place: number, path: Path): void {
  beam.splice(place, 0, path);
  if (beam.length > size) beam.pop();
}

/** Index of the first word at or after a position of the reference. */
function firstFrom(words: PossibleMatches['words'], position: number): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle]!.reference < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function find(words: PossibleMatches['words'], position: number) {
  const word = words[firstFrom(words, position)];
  return word?.reference === position ? word : undefined;
}
