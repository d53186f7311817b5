/**
 * Words that METEOR 1.5 weighs less: its list holds English words with a relative frequency above 1 in 1000. This
 * list is ours, of closed word classes and punctuation; the program's own list was not available.
 */
export const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  [
    'a an the this that these those such some any all no each both other', // determiners
    'i you he she it we they me him her us them my your his its our their who which what one there', // pronouns
    'of in to for on with by at from as into about after before over between through during under than', // prepositions
    'and or but if not nor so because while when where how', // conjunctions, negation
    'is are was were be been being has have had having do does did will would can could may might must should', // verbs
    'also only more most very up out now then just even', // adverbs
    `. , ; : ! ? ' " ( ) - / % & 's n't '' \`\``, // punctuation, clitics
  ].flatMap((line) => line.split(' ')),
);
