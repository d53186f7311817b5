/** What can stand after a label as its whole value: `Effusion: none`, `PTX? No`, `Heart - normal`. */
const WORD =
  '(?:yes|no|none|nil|y|n|true|false|not? (?:seen|present|identified|visuali[sz]ed|detected|noted|evident|appreciated)|none (?:seen|identified|noted|present|detected|visuali[sz]ed)|present|absent|negative|positive|neg|pos|unlikely|likely|possible|probable|unclear|uncertain|indeterminate|equivocal|questionable|normal|abnormal|clear|enlarged|resolved|unremarkable|intact|cannot be (?:excluded|assessed)|mild|moderate|severe|small|large|trace|minimal|tiny|stable|unchanged|[+?]|0|1)';
const MORE = '(?:,? (?:today|currently|now|bilaterally|on (?:the )?(?:left|right)))?';

/** An answer that is a piece of text by itself. */
const WHOLE = new RegExp(`^${WORD}${MORE}[.,;]?$`, 'i');
/** An answer behind a question mark; another question or sentence may follow. */
const BEHIND =
  /^\s{1,3}(?:yes|no|none|nil|present|absent|negative|positive|y|n|(?:small|mild|moderate|large|severe|trace|tiny|minimal)(?: (?:left|right|bilateral))?)\b/i;
const ENDED = /^\s*(?:[.,;|(\n]|$)|^\s+[A-Z]/;

export const isAnswer = (piece: string): boolean => piece.length < 60 && WHOLE.test(piece.trim());

export function answerFollows(text: string, at: number): boolean {
  const answer = BEHIND.exec(text.slice(at, at + 24));
  return answer !== null && ENDED.test(text.slice(at + answer[0].length, at + answer[0].length + 4));
}

/** Short enough, and without a verb, to be the label of an answer. */
export const isLabel = (piece: string): boolean =>
  /^[A-Za-z][\w /()'-]{0,48}$/.test(piece.trim()) &&
  !/\b(?:is|are|was|were|has|have|no|not|without|there)\b/i.test(piece);
