/** What cannot end a statement. */
const OPEN_END =
  /(?:[,/(]|\b(?:an?|the|of|in|on|at|to|for|from|with|without|and|or|nor|no|not|is|are|was|were|be|been|has|have|may|might|could|can|by|as|than|this|that|there|which|into|over|within|right|left|bilateral|mild|moderate|small|large|upper|lower|mid|middle|pleural|pulmonary|new|stable|acute|focal|approximately|likely|possible|probable|prior|previous|versus|vs\.?))$/i;
/** What cannot begin one. */
const OPEN_START =
  /^(?:[,)/]|(?:is|are|was|were|has|have|of|in|on|at|with|without|and|or|nor|which|that|seen|noted|identified|present|to|from|than|by|as|since|compared|may|could|versus|vs)\b)/;
/** `Effusion: left` is complete. */
const ANSWERED = /(?:[:?|\t]|\s[-–])[ \t]*[\w-]+(?: [\w-]+){0,2}$/;
const LABEL = /^[A-Za-z][\w ,/()'-]{0,40}:(?!\d)/;
/** `IJ`, `PICC`, `XXXX`: capitals inside a sentence. */
const ABBREVIATION = /^[A-Z]{2,}[^a-z]*$/;

/** The narrowest text that counts as set to a width by whoever broke its lines. */
const NARROWEST = 45;

/** Length of the longest line. */
export const widthOf = (lines: readonly string[]): number =>
  lines.reduce((width, line) => Math.max(width, line.trim().length), 0);

/**
 * Whether a line break only folds a sentence. It does where the line ends or the next begins in the middle of a
 * phrase, and where the next goes on in lower case. Before a capital it does not, unless that belongs to an
 * abbreviation or the text has capitals only, and the word would not have fitted into the width of the text.
 *
 * @param width of the text, in letters
 * @param plainCase whether lower case says nothing, since no line of the text begins with a capital
 */
export function isWrapped(line: string, next: string, width: number, plainCase: boolean): boolean {
  const end = line.trimEnd();
  const start = next.trimStart();
  if (end === '' || start === '' || LABEL.test(start)) return false;
  const tail = end.slice(-32);
  if (
    OPEN_START.test(start.slice(0, 12)) ||
    (OPEN_END.test(tail) && !(ANSWERED.test(tail) && /^[A-Z]/.test(start)))
  )
    return true;
  if (/[.:;?!]$/.test(end)) return false;
  if (/^[a-z_\d]/.test(start)) return !plainCase;
  const [word] = /^\S{1,80}/.exec(start)!;
  const overflows = width >= NARROWEST && end.trimStart().length + 1 + word.length > width;
  return overflows && ABBREVIATION.test(word);
}
