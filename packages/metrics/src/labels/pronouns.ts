/** Findings that "one" can stand for. */
const NOUN =
  /^(?:(?:hydro|hemo|haemo|hydropneumo|hemopneumo|haemopneumo|pneumo)thora(?:x|ces)|effusions?|nodules?|mass(?:es)?|lesions?|opacit(?:y|ies)|infiltrates?|consolidations?|fractures?|collections?|tubes?|catheters?|drains?|lines?|pacemakers?)$/i;
/** What stands behind "one" where it is no number: "a small one on the left", not "one of", "one view". */
const BEHIND =
  /^(?:on|in|at|near|over|overlying|behind|is|are|was|were|has|have|remains?|persists?|appears?|measures?|measuring|could|may|might|can|cannot|would|seen|noted|visible|present|there|projecting|along|within|with|not|but|and|[,;:.)])$/i;
/** What stands before "one" where it is none: "no one", "level one". */
const NOT_BEFORE =
  /^(?:no|level|grade|stage|phase|day|number|figure|image|view|lead|chamber|zone|type|any)$/i;

const ONE = / ones? /i;

/** Sentences in which the pronoun "one" is the finding last named: "no nodule on the left but one on the right". */
export function withNouns(sentences: string[]): string[] {
  if (!sentences.some((sentence) => ONE.test(sentence))) return sentences;
  let noun: string | undefined;
  return sentences.map((sentence) => {
    if (!ONE.test(sentence)) {
      noun = lastNoun(sentence.split(' ')) ?? noun;
      return sentence;
    }
    const tokens = sentence.split(' ');
    tokens.forEach((token, i) => {
      if (NOUN.test(token)) noun = token;
      else if (noun !== undefined && /^ones?$/i.test(token) && isPronoun(tokens, i)) tokens[i] = noun;
    });
    return tokens.join(' ');
  });
}

const isPronoun = (tokens: readonly string[], i: number): boolean => {
  const next = tokens[i + 1] ?? '';
  return (next === '' || BEHIND.test(next)) && !NOT_BEFORE.test(tokens[i - 1] ?? '');
};

function lastNoun(tokens: readonly string[]): string | undefined {
  for (let i = tokens.length - 1; i >= 0; i--) if (NOUN.test(tokens[i]!)) return tokens[i];
  return undefined;
}
