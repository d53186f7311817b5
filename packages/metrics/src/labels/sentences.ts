import { splitStatements } from '@raca/text';
import { withNouns } from './pronouns';

/**
 * The statements of a report ({@link splitStatements}: sentences, list items, lines and cells of templates), raw or
 * cleaned (` . `), lower-case, each as tokens joined and surrounded by single spaces, e.g.
 * ` no effusion , or pneumothorax `. Contractions are written out (`isn't` becomes `is not`), hyphens separate words. A
 * statement of more than {@link LONGEST} tokens is cut, so that the time stays linear in the length of a report.
 */
export const splitSentences = (text: string): string[] =>
  splitWrittenSentences(text).map((sentence) => sentence.toLowerCase());

/** The same with letters as written. */
export const splitWrittenSentences = (text: string): string[] =>
  withNouns(splitStatements(text).flatMap(normaliseSentence));

const LONGEST = 200;

function normaliseSentence(sentence: string): string[] {
  const tokens =
    writtenOut(sentence)
      .replaceAll('=', ':')
      .match(/[a-z0-9]+(?:\.\d+)?|[,;:()/?]/gi) ?? [];
  const pieces: string[] = [];
  for (let i = 0; i < tokens.length; i += LONGEST) pieces.push(` ${tokens.slice(i, i + LONGEST).join(' ')} `);
  return pieces;
}

const CONTRACTED =
  /\b(?:(is|are|was|were|do|does|did|has|have|had|could|would|should|need|must|might)(?:n['’ʼ`´]t|nt)|ca(n)['’ʼ`´]?t|(wo)n['’ʼ`´]t|(it|there|that|here|[a-z]+(?=['’ʼ`´]s (?:not|been|seen|enlarged|normal|large|larger|bigger|smaller|clear|still|now|gone|no longer)))['’ʼ`´]s|(it|there|that|i|we|they)['’ʼ`´](d))\b/gi;
/** Letters in which contractions and abbreviations with strokes can be told to be absent. */
const HINT = /\bCM\b| v\.? |\+\/|±|n['’ʼ`´]?t|['’ʼ`´][sd]|[#Ø∅]|e\/o|w\/|c\/w|°/i;
/** Cardiomegaly; lower case, or behind a number or unit, it is a length. */
const CM = /(?<![\d.][ \t]?|\b(?:x|by|in|per|of)[ \t])\bCM\b(?!\.?[ \t]?(?:from|above|below|x|by|in)\b)/gi;

/** Contractions and abbreviations as words: `isn't`, `can't`, `w/o`, `e/o`. */
function writtenOut(text: string): string {
  if (!HINT.test(text)) return text;
  return text
    .replace(CONTRACTED, (_, verb?: string, can?: string, will?: string, subject?: string, who?: string) =>
      verb ? `${verb} not` : can ? 'cannot' : will ? 'will not' : who ? `${who} would` : `${subject} is`,
    )
    .replace(/\+ ?\/ ?[-–−]|±/g, ' and possible ')
    .replace(/[Ø∅] ?(?=[a-z])/gi, 'no ')
    .replace(/(^|\s)# ?(?=(?:left|right|lt?|rt?|ribs?|clavicle|\d+(?:st|nd|rd|th) rib)\b)/gi, '$1fracture ')
    .replace(/\bw\/o\b/gi, 'without')
    .replace(/\bw\/(?=\s|[a-z])/gi, 'with ')
    .replace(/\be\/o\b/gi, 'evidence of')
    .replace(/\bc\/w\b/gi, 'consistent with')
    .replace(/(?<=[a-z]) v\.? (?=[a-z])/gi, ' versus ')
    .replace(CM, (cm) => (cm === 'CM' ? 'cardiomegaly' : cm));
}
