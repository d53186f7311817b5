/** Abbreviations after whose stop a sentence always goes on. */
const INSIDE = new Set(
  'vs v e.g i.e eg ie dr mr mrs ms prof st cf viz approx evid incl poss prob susp sig signif consist compat resp'.split(
    ' ',
  ),
);

/** Those after which it goes on where no capital follows. */
const OFTEN_INSIDE = new Set(
  'etc al ca no nos neg pos pt pts hx dx rx tx s/p w wo c lt rt l r bilat unilat ant post lat med sup inf mod min sl mild incr decr assoc abn nl pulm card eff effs opac opacs infil pneumo cardiomeg atel atx fx ptx unch cons consol min max foc seg subseg bibas periph prox mediast retrocard interst enl satis norm resol stab cath cm mm ml a.m p.m u.s sign defin def sm lg mult jan feb mar apr jun jul aug sep sept oct nov dec fig'.split(
    ' ',
  ),
);

/**
 * Whether the stop at `at` ends a sentence: not inside a number, an abbreviation (`vs.`, `e.g.`, `Dr.`) or after an
 * initial.
 */
export function endsSentence(text: string, at: number): boolean {
  const before = text[at - 1] ?? ' ';
  const after = text[at + 1] ?? ' ';
  if (isDigit(after) && (isDigit(before) || /[\s(<>~=]/.test(before))) return false;
  const [word = ''] = /[A-Za-z][A-Za-z./]{0,11}$/.exec(text.slice(Math.max(0, at - 12), at).trimEnd()) ?? [];
  if (/[,;/]/.test(after)) return false; // "no consol., eff./ptx"
  const name = word.toLowerCase();
  if (INSIDE.has(name) || /^\s+(?:vs\b|versus\b|and\/or\b)/.test(text.slice(at + 1, at + 10))) return false;
  if (before === ' ') return true; // cleaned text: " . "
  if (/^[A-Za-z]$/.test(after) && /(?:^|\.)[A-Za-z]$/.test(word)) return false; // the first stop of "e.g."
  if (!OFTEN_INSIDE.has(name)) return true;
  return !/^\s+[a-z\d]/.test(text.slice(at + 1, at + 8));
}

const isDigit = (letter: string): boolean => letter >= '0' && letter <= '9';
