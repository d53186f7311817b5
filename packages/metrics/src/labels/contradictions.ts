import type { ChexpertClass } from './classes';
import { findMentions, type Mention } from './labeler';

/** Two sentences of one report that cannot both be true. */
export interface Contradiction {
  readonly label: ChexpertClass;
  /** Places, from 0, of the sentence that affirms and of the sentence that denies. */
  readonly affirmed: number;
  readonly denied: number;
}

type Told = Pick<Mention, 'label' | 'value' | 'side' | 'sentence' | 'phrase'>;

/** A denial with one of these (or an unknown word) says nothing of findings without it: "no acute fracture" beside an old one. */
const LIMITS =
  / (acute|new|recent|large|sizable|significant|substantial|displaced|tension|focal|lobar|confluent|overt|frank|gross|other|additional|further|residual|suspicious|definite|acutely|obvious|visible|convincing|xxxx) /g;

/** Clear lungs deny these, unless the sentence makes an exception. */
const CLEAR_LUNGS =
  / (?:(both|right|left) )?lungs? (?:fields? )?(?:(?:is|are|appears?|remains?) )?(?:both |bilaterally |grossly )?clear (?!of )/;
const EXCEPTION = / (?:otherwise|except|apart|aside|but|other than|remainder|rest) /;
const DENIED_BY_CLEAR_LUNGS = ['Consolidation', 'Pneumonia', 'Edema', 'Lung Opacity'] as const;

/** Devices differ from one another, and so do opacities and lesions: these are denied under the same name only. */
const MANIFOLD: ReadonlySet<string> = new Set(['Lung Opacity', 'Lung Lesion', 'Pleural Other']);
const IGNORED: ReadonlySet<string> = new Set(['Support Devices', 'Other Finding']);
/** Signs that stand for a finding but may come from another one. */
const INDIRECT = /blunt|scar/;

/**
 * Sentences of one report that affirm and deny the same finding, each pair once a class: the first that affirms and the
 * first that denies it, by the rules of {@link findMentions}. Not a contradiction: different sides ("left effusion", "no
 * right effusion"), uncertain findings, denials that are limited ("no acute fracture" beside an old one), and what one
 * sentence says within itself.
 *
 * @param sentences of one report, in order
 */
export function findContradictions(sentences: readonly string[]): Contradiction[] {
  const told = sentences.map(toldIn);
  const found = new Map<ChexpertClass, Contradiction>();
  told.forEach((mentions, affirmed) => {
    for (const positive of mentions) {
      const { label } = positive;
      if (positive.value !== 1 || isIgnored(label) || found.has(label) || INDIRECT.test(positive.phrase))
        continue;
      const denied = told.findIndex(
        (others, i) => i !== affirmed && others.some((other) => excludes(other, positive)),
      );
      if (denied >= 0) found.set(label, { label, affirmed, denied });
    }
  });
  return [...found.values()];
}

const isIgnored = (label: Mention['label']): label is 'Other Finding' => IGNORED.has(label);

function toldIn(written: string): Told[] {
  const sentence = written.replaceAll('[…]', 'xxxx'); // a missing word; its dots would end the sentence
  const mentions = findMentions(sentence);
  const words = ` ${(sentence.toLowerCase().match(/[a-z0-9]+/g) ?? []).join(' ')} `;
  const clear = CLEAR_LUNGS.exec(words);
  if (!clear || EXCEPTION.test(words)) return mentions;
  const side = clear[1] === 'left' || clear[1] === 'right' ? clear[1] : undefined;
  const denied = DENIED_BY_CLEAR_LUNGS.map(
    (label): Told => ({ label, value: 0, side, sentence: words, phrase: CLEAR }),
  );
  return [...mentions, ...denied];
}

const CLEAR = 'clear';

/** Whether a denial and an affirmed finding cannot both be true. */
function excludes(denial: Told, positive: Told): boolean {
  if (denial.value !== 0 || denial.label !== positive.label) return false;
  if (!shareSide(denial.side, positive.side)) return false;
  if (denial.phrase === CLEAR) return true;
  if (MANIFOLD.has(denial.label) && nounOf(denial) !== nounOf(positive)) return false;
  const before = denial.sentence.slice(0, denial.sentence.indexOf(denial.phrase));
  return [...` ${before} `.matchAll(LIMITS)].every(([word]) => positive.sentence.includes(word));
}

/** The last word of what a mention names, in the singular. */
const nounOf = ({ phrase }: Told): string =>
  phrase.slice(phrase.lastIndexOf(' ') + 1).replace(/(?:ie|e)?s$/, '');

const shareSide = (a: Mention['side'], b: Mention['side']): boolean =>
  a === undefined || b === undefined || a === 'bilateral' || b === 'bilateral' || a === b;
