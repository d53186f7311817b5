import { isHeaderWord } from './headers';
import { readSigns } from './signs';

/**
 * Text in one spelling: compatibility forms (NFKC), line feeds, single blanks, no byte order mark, no bold marks or
 * heading marks of Markdown, check boxes as `[x]` and `[ ]`.
 */
export function tidy(text: string): string {
  const plain = /[^\n -~]/.test(text)
    ? text
        .normalize('NFKC')
        .replace(/\r\n?/g, '\n')
        .replace(/[\uFEFF\u200B-\u200D\u2060]/g, '')
        .replace(/[☐□▢]/g, ' [ ] ')
        .replace(/[☑☒✓✔✅■]/g, ' [x] ')
        .replace(/[✗✘❌]/g, ' [ ] ')
    : text;
  const single = plain.includes('  ') ? plain.replace(/[^\S\n\t]{2,}/g, ' ') : plain;
  return /[*#<[(=+]|\.{3}|[-+]ve\b|\?\s+(?:A(?:nswer)?:|[-–]\s)|:\s?[-+–]/.test(single)
    ? withoutMarkup(single)
    : single;
}

const withoutMarkup = (text: string): string => answersInWords(readSigns(withoutTags(text)));

const withoutTags = (text: string): string =>
  text
    .replace(/(\b[Qq]uestion:[^?\n]{0,200}\?)\s+A(?:nswer)?:/g, '$1\n\nFindings:')
    .replace(/(?<![*=-])(\*{3,12}|={2,12}|-{3,12}) ?([A-Z][A-Za-z /&]{2,40}?):? ?\1/g, '\n\n$2: ')
    .replaceAll('**', '')
    .replace(/[[<]([A-Z][A-Z ]{3,30})[\]>]:?/g, (text, name: string) =>
      name.trim().split(/ +/).every(isHeaderWord) ? `\n\n${name}: ` : text,
    )
    .replace(/(^|\s)Q: |(?<![A-Za-z][ \t])\bQuestion: /g, '$1')
    .replace(/\?\s+(?:A(?:nswer)?: ?|[-–]\s+)/g, '? ')
    .replace(/(^|\s)-ve\b/gi, '$1negative')
    .replace(/(^|\s)\+ve\b/gi, '$1positive')
    .replace(/^[ \t]{0,3}#{1,6}[ \t]([A-Z][a-z]+(?: [A-Za-z]+){0,2}):?[ \t]*\n(?=[A-Za-z])/gm, '\n$1: ')
    .replace(/^[ \t]{0,3}#{1,6}[ \t]/gm, '')
    .replace(/<br ?\/?>|<\/?(?:p|li|ul|ol)>/gi, '\n\n');

const answersInWords = (text: string): string =>
  text
    .replace(/ ?\([a-z]{1,20}(?:\/(?:[a-z]{1,20}|\?)){1,4}\)(?= ?:)/gi, '') // "size (normal/enlarged): normal"
    .replace(/[[(] ?(?:y|yes) ?[\])]/gi, '(yes)')
    .replace(/[[(] ?(?:n|no) ?[\])]/gi, '(no)')
    .replace(/\[(none|absent|present)\]/gi, '($1)')
    .replace(/\((yes|no|none|absent|present)\)[ \t]+(?=[A-Z])/gi, '($1); ')
    .replace(/(?<!\.)\.{3,}[ \t]?(?=(?:yes|no|none|absent|present|normal|negative|positive)\b)/gi, ': ')
    .replace(/: ?\+(?=[\s.,;]|$)/g, ': yes')
    .replace(/: ?[-–](?=[ \t]?(?:$|[\n.,;]|[A-Z][a-z]+(?: [a-z]+)?:))/g, ': no')
    .replace(/[[(] ?[xX✓] ?[\])]/g, '[x]')
    .replace(/\[ {0,3}\]|\( {1,3}\)/g, '[ ]');
