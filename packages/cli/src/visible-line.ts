/**
 * What a terminal or a page would obey instead of show: control characters, direction marks, zero-width marks, lone halves of
 * surrogate pairs. Zero-width joiners stay, since scripts and emoji need them.
 */
const UNSEEN =
  /[\p{Cc}\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]|\p{Cs}/gu;

/** A text from a file, fit for one line of a terminal: marks that act are written out, e.g. `\n`, `\x1b`, `\u202e`. */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (mark) => {
    if (mark === '\n') return '\\n';
    if (mark === '\r') return '\\r';
    if (mark === '\t') return '\\t';
    const code = mark.codePointAt(0)!.toString(16);
    return code.length <= 2
      ? `\\x${code.padStart(2, '0')}`
      : code.length > 4
        ? `\\u{${code}}`
        : `\\u${code.padStart(4, '0')}`;
  });

/** {@link visible}, cut to `most` characters. */
export function shown(text: string, most = 60): string {
  const points = [...text.slice(0, 4 * most)];
  return points.length > most ? `${visible(points.slice(0, most).join(''))}…` : visible(text);
}

/**
 * Output of many lines, fit for a terminal: as {@link visible}, but line breaks and tabs stay, and marks that act are written
 * as `\u001b`, so that JSON means the same as before.
 */
export const printable = (text: string): string =>
  text.replace(UNSEEN, (mark) => {
    if (mark === '\n' || mark === '\t') return mark;
    return Array.from({ length: mark.length }, (_, i) => escaped(mark.charCodeAt(i))).join('');
  });

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
