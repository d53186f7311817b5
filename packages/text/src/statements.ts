import { endsSentence } from './abbreviations';
import { answerFollows, isAnswer, isLabel } from './answers';
import { hasBox, readBoxes } from './check-boxes';
import { headingStart } from './headings';
import { tidy } from './tidy';
import { isWrapped, widthOf } from './wrapped-lines';

/**
 * The statements of a report as people and programs write it: sentences, list items, lines and cells of templates.
 *
 * - A sentence ends at a full stop, `!` or `?`, not inside numbers (`2.5`) and abbreviations (`vs.`, `e.g.`, `Dr.`).
 * - An empty line, a list mark (`-`, `•`, `1)`, `1.`), a tab, `|`, a spaced or long dash and a heading inside a line
 *   (`Lungs: clear Heart: enlarged`) begin a new one.
 * - A line break does so too, unless it folds a sentence ({@link isWrapped}).
 * - Answers stay with their question as `label: answer`: `PTX? No`, `Effusion | none`, `[x] Effusion`.
 *
 * Statements keep their letters as written; those without a letter are left out. Time is linear in the text.
 */
export function splitStatements(report: string): string[] {
  return paragraphs(tidy(report))
    .flatMap((paragraph) => (hasBox(paragraph) ? readBoxes(paragraph) : splitItems(paragraph)))
    .flatMap(splitSentences)
    .filter((statement) => /\p{L}/u.test(statement));
}

/** A list mark at the start of a line. */
const MARK = /^\s*(?:[-–—•·●▪◦‣∙○*>→]+|->|\(?\d{1,2}\)|\d{1,2}\.(?!\d)|\(?[a-h]\))\s*/;

/** Lines that belong together, each joined by blanks, without their list marks. */
function paragraphs(text: string): string[] {
  if (!text.includes('\n')) return [text.replace(MARK, '')];
  const lines = text.split('\n');
  const width = widthOf(lines);
  const plainCase = isPlainCase(lines);
  const joined: string[] = [];
  let open: string | undefined;
  for (const line of lines) {
    const mark = MARK.exec(line);
    if (open !== undefined && !mark && (isWrapped(open, line, width, plainCase) || answers(open, line))) {
      joined[joined.length - 1] += ` ${line.trim()}`;
    } else if (line.trim() !== '') joined.push(line.slice(mark?.[0].length ?? 0).trim());
    open = line.trim() === '' ? undefined : line;
  }
  return joined;
}

/** `Pneumothorax:` with its answer on the next line. */
const answers = (line: string, next: string): boolean =>
  line.trimEnd().endsWith(':') && isLabel(line.trim().slice(0, -1)) && isAnswer(next);

/** Whether lines are statements of their own, since none begins with a capital and there are no full stops. */
const isPlainCase = (lines: readonly string[]): boolean =>
  !lines.some(
    (line) => /[.?!](?:\s|$)/.test(line) || (/^\s*[A-Z]/.test(line) && !/^[^:]{1,40}:?\s*$/.test(line)),
  );

/** What parts items inside a line. */
const SEPARATOR = /\t+|\s*\|\s*|\s*[•●▪◦‣∙]\s*|\s*—\s*|\s+(?:[-–]+|->|→|\/\/)\s+|\s[-–](?=[A-Z][a-z])/;
const NUMBERED = /(?:^|\s)(?:\(\d{1,2}\)|\d{1,2}\)|[a-h]\))(?=\s)/g;

function splitItems(paragraph: string): string[] {
  const text = NUMBERED.test(paragraph) ? withoutNumbers(paragraph) : paragraph;
  const pieces: string[] = [];
  for (const piece of text.split(SEPARATOR)) {
    const before = pieces.at(-1);
    const label = before?.slice(Math.max(before.lastIndexOf(';'), before.lastIndexOf('.')) + 1);
    const asked = label?.trimEnd().endsWith('?') ?? false;
    if (label !== undefined && isAnswer(/^[^.;]*/.exec(piece)![0]) && isLabel(label.replace(/\?\s*$/, ''))) {
      const question = before!.trimEnd();
      pieces[pieces.length - 1] = `${asked ? question.slice(0, -1) : question}: ${piece}`;
    } else pieces.push(piece);
  }
  return pieces;
}

/** `1) … 2) …` parted by tabs; a `)` that closes a bracket is no mark. */
function withoutNumbers(text: string): string {
  let depth = 0;
  let seen = 0;
  return text.replace(NUMBERED, (mark, at: number) => {
    for (; seen < at; seen++) depth += text[seen] === '(' ? 1 : text[seen] === ')' && depth > 0 ? -1 : 0;
    seen = at + mark.length;
    return depth > 0 ? mark : '\t';
  });
}

/** Labels that share one answer: "Pneumothorax, effusion: none". */
const LABELS =
  /(?<!:\s?)\b(?:no|not|without|any|the|an?|of|small|large|mild|moderate|severe|left|right|new|possible|enlarged|widened|abnormal|displaced|collapsed|increased)\s*$|^(?!.*\b(?:no|not|without|is|are|was|were|has|have)\b)[A-Za-z ,/]*(?:,|\band|\bor|\/)\s*$/i;

function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  let answered: number | undefined;
  const cut = (to: number, next: number): void => {
    const sentence =
      answered === undefined
        ? text.slice(from, to)
        : `${text.slice(from, answered)}:${text.slice(answered + 1, to)}`;
    sentences.push(sentence.trim());
    answered = undefined;
    from = next;
  };
  for (const { index: at, 0: mark } of text.matchAll(/[.!?:]/g)) {
    if (mark === ':') {
      const start = headingStart(text, from, at);
      if (start > from && !LABELS.test(text.slice(Math.max(from, start - 80), start))) cut(start, start);
    } else if (mark === '?') {
      if (at <= from || /\s/.test(text[at - 1] ?? ' ') || text[at - 1] === '(') {
        // "?pneumonia", "? pneumonia"; at the end, or before a capital, it belongs to what it follows.
        if (/^\s*$|^\s+[A-Z]/.test(text.slice(at + 1, at + 3)) && at > from) cut(at + 1, at + 1);
      } else if (answerFollows(text, at + 1)) answered = at;
      else if (/^ (?!(?:no|the|there|lungs?|heart|otherwise)\b)[a-z]/.test(text.slice(at + 1, at + 14)))
        continue; // "opacity? pneumonia"
      else if (!/[)\w]/.test(text[at + 1] ?? ' ')) cut(at + 1, at + 1);
    } else if (mark === '!' || endsSentence(text, at)) cut(at, at + 1);
  }
  cut(text.length, text.length);
  return sentences;
}
