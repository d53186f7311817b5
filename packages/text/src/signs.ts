/** A minus as it is typed: hyphen, dash, minus sign. */
const MINUS = '[-–−]';
const BRACKETED = new RegExp(`[([] ?(?:\\+|${MINUS}) ?[)\\]]`);
const BRACKETED_YES = /[([] ?\+ ?[)\]]/g;
const BRACKETED_NO = new RegExp(`[([] ?${MINUS} ?[)\\]]`, 'g');
/** A line or item that begins with a bracketed sign: `(-) effusion`. */
const SIGN_FIRST = new RegExp(
  `^([ \\t]*(?:[-•*]|\\d{1,2}[.)]|[A-Za-z ]{1,20}:)?[ \\t]*)[([] ?(\\+|${MINUS}) ?[)\\]][ \\t]*(?=[A-Za-z])`,
);
/** A plus that stands for "present": before an item, behind a label, alone in a cell. */
const PLUS =
  /(?:^|[\n,;:|])[ \t]*\+[ \t]*[A-Za-z]|[A-Za-z)][ \t]*\+{1,3}[ \t]*(?=$|[\n,;.|])|\|[ \t]*\+[ \t]*(?=$|[\n|])/;
const PLUS_LINE = /^([ \t]*)\+[ \t]*(?=[A-Za-z])/;
const MINUS_LINE = new RegExp(`^([ \\t]*)${MINUS}[ \\t]*(?=[A-Za-z])`);
/** An item that says itself whether its finding is there. */
const SETTLED =
  /^(?:no|not|none|without|absent|negative|neg|clear|normal|unremarkable|nil|free)\b|\b(?:absent|present|normal|clear|unremarkable|seen|is|are|was|were)\b/i;

/**
 * Plus and minus as answers, in words: `+ effusion` and `- effusion` in a list that has both, `(+) effusion`,
 * `Effusion (-)`, `Effusion +`, cells of a table. A minus without brackets says "no" only in a text where a plus says
 * "yes"; elsewhere it is a list mark.
 */
export function readSigns(text: string): string {
  const bracketed = BRACKETED.test(text) ? text.split('\n').map(readBracketed).join('\n') : text;
  return bracketed.includes('+') && PLUS.test(bracketed) ? readBare(bracketed) : bracketed;
}

function readBracketed(line: string): string {
  const first = SIGN_FIRST.exec(line);
  if (!first) return line.replace(BRACKETED_NO, '(no)').replace(BRACKETED_YES, '(yes)');
  return `${first[1]}${line
    .slice(first[1]!.length)
    .replace(new RegExp(`(?:(?<=.)[,;]?[ \\t]*)?${BRACKETED_NO.source}[ \\t]*`, 'g'), '; no ')
    .replace(new RegExp(`(?:(?<=.)[,;]?[ \\t]*)?${BRACKETED_YES.source}[ \\t]*`, 'g'), '; ')
    .slice(2)}`;
}

function readBare(text: string): string {
  const lines = text.split('\n');
  const depths = new Set(lines.flatMap((line) => PLUS_LINE.exec(line)?.[1] ?? []));
  return lines
    .map((line) => {
      const minus = MINUS_LINE.exec(line);
      if (minus && (depths.has(minus[1]!) || SIGNED_ITEM.test(line))) {
        return `- ${inline(denied(line.slice(minus[0].length)))}`;
      }
      return inline(line.replace(PLUS_LINE, '- '));
    })
    .join('\n');
}

/** `…, + nodule` or `…, -pneumothorax`. */
const SIGNED_ITEM = /[,;][ \t]*[-+–−][ \t]*[A-Za-z]/;

const denied = (item: string): string => (SETTLED.test(/^[^,;]*/.exec(item)![0]) ? item : `no ${item}`);

/** `+effusion, -pneumothorax`; `effusion +, pneumothorax -`; cells. */
const inline = (line: string): string =>
  line
    .replace(/[,;][ \t]*\+[ \t]*(?=[A-Za-z])/g, '; ')
    .replace(/:[ \t]*\+[ \t]*(?=[A-Za-z])/g, ': ')
    .replace(/[,;][ \t]*[-–−][ \t]*(?=[A-Za-z])/g, '; no ')
    .replace(/([A-Za-z)])[ \t]*\+{1,3}[ \t]*(?=$|[,;.|])/g, '$1: yes')
    .replace(/([A-Za-z)])[ \t]*[-–−][ \t]*(?=$|[,;|])/g, '$1: no')
    .replace(/\|[ \t]*\+[ \t]*(?=$|\|)/g, '| yes ')
    .replace(/(?<=[\w)?*][ \t]?)\|[ \t]*[-–−][ \t]*(?=$|\|)/g, '| no ');
