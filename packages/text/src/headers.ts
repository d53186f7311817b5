/** What stands under a header of a report. */
export type Part =
  | 'findings'
  | 'impression'
  | 'both' // findings and impression in one
  | 'indication'
  | 'comparison'
  | 'technique'
  | 'examination' // a title, such as `CHEST, PA AND LATERAL`
  | 'addendum'
  | 'aside'; // notes to the referring physician, wet reads, recommendations

/** Words by which a header is known. A misspelt word counts if it is one or two keystrokes off (see {@link near}). */
const WORDS: readonly (readonly [Part, readonly string[]])[] = [
  ['findings', ['FINDINGS', 'FINDING', 'OBSERVATIONS', 'REPORT']],
  [
    'impression',
    ['IMPRESSION', 'IMPRESSIONS', 'CONCLUSION', 'CONCLUSIONS', 'OPINION', 'SUMMARY', 'INTERPRETATION'],
  ],
  ['addendum', ['ADDENDUM']],
  ['aside', ['NOTIFICATION', 'NOTIFICATIONS', 'RECOMMENDATION', 'RECOMMENDATIONS', 'COMMUNICATION', 'WET']],
  [
    'indication',
    [
      'INDICATION',
      'INDICATIONS',
      'HISTORY',
      'HX',
      'REASON',
      'CLINICAL',
      'COMPLAINT',
      'COMPLAINTS',
      'SYMPTOMS',
      'REQUEST',
      'ORDERING',
      'ADMITTING',
      'REFERRING',
      'PROVISIONAL',
    ],
  ],
  ['comparison', ['COMPARISON', 'COMPARISONS', 'COMPARED', 'PRIOR', 'PRIORS', 'PREVIOUS', 'REFERENCE']],
  ['technique', ['TECHNIQUE', 'TECHNIQUES', 'PROCEDURE', 'PROTOCOL', 'METHOD']],
  [
    'examination',
    ['EXAMINATION', 'EXAM', 'STUDY', 'CHEST', 'RADIOGRAPH', 'RADIOGRAPHS', 'PORTABLE', 'VIEW', 'VIEWS'],
  ],
];

/** Words that stand beside those in a header, and alone announce nothing. */
const BESIDE = new Set(
  'FOR OF THE AND TO A ON OR S COMMENT COMMENTS PATIENT RELEVANT PAST MEDICAL CURRENT BRIEF INFORMATION DETAILS DATA STATEMENT PROBLEM FINAL PRELIMINARY PRESENTING CHIEF REFERRAL ADMISSION STUDIES IMAGING EXAMS DATE TYPE PA AP LATERAL LAT X RAY XRAY FILM NOTE NOTES READ PHYSICIAN'.split(
    ' ',
  ),
);
/** Headers of short reports and forms, where none of {@link WORDS} stands beside them. */
const IN_FORMS: readonly (readonly [Part | 'diagnosis', readonly string[]])[] = [
  ['findings', ['RESULT', 'RESULTS']],
  [
    'indication',
    ['QUESTION', 'CONCERN', 'SUSPICION', 'BACKGROUND', 'ORDER', 'HPI', 'PMH', 'PMHX', 'PSH', 'CC'],
  ],
  ['aside', ['ADVICE', 'PLAN']],
  ['diagnosis', ['DIAGNOSIS', 'DIAGNOSES', 'DX']],
];
const KNOWN = new Set([...WORDS, ...IN_FORMS].flatMap(([, words]) => words));

/** Whether a word can stand in a header. */
export const isHeaderWord = (word: string): boolean => KNOWN.has(word) || BESIDE.has(word);

/** Long enough to be told from other words when misspelt. */
const TYPOS = WORDS.flatMap(([part, words]) =>
  words.filter((word) => word.length >= 8).map((word) => [part, word] as const),
);

/**
 * What a header announces, or `undefined` for one that is not known (`LUNGS`, `LINES AND TUBES`), which is part of
 * the text around it.
 *
 * @param header without its colon, in any case
 */
export function partOf(header: string): Part | undefined {
  const words = header
    .toUpperCase()
    .split(/[^A-Z]+/)
    .filter(Boolean);
  const parts = new Set<Part>();
  for (const [part, known] of WORDS) if (words.some((word) => known.includes(word))) parts.add(part);
  if (!parts.has('findings') && !parts.has('impression')) {
    for (const [part, known] of TYPOS) if (words.some((word) => near(word, known))) parts.add(part);
  }
  if (parts.has('findings') && parts.has('impression')) return 'both';
  return WORDS.map(([part]) => part).find((part) => parts.has(part));
}

/** The same in forms, where a diagnosis may be known before or found: {@link readSections} decides. */
export function partInForm(header: string): Part | 'diagnosis' | undefined {
  const part = partOf(header);
  if (part) return part;
  const words = header.toUpperCase().split(/[^A-Z]+/);
  if (words.includes('DIFFERENTIAL')) return undefined;
  return IN_FORMS.find(([, known]) => words.some((word) => known.includes(word)))?.[0];
}

/** The same first letter, one keystroke off (missing, extra, other, swapped); two from ten letters on. */
function near(word: string, known: string): boolean {
  const limit = known.length >= 10 ? 2 : 1;
  return (
    word[0] === known[0] &&
    Math.abs(word.length - known.length) <= limit &&
    editDistance(word, known) <= limit
  );
}

/** Edits (insertion, deletion, substitution, swap of neighbours) from one word to the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, above] = [above, row];
  }
  return above[b.length];
}
