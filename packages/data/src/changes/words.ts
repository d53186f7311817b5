/** How something changed since the study before, in one word each; the last two are said of devices. */
export const CHANGE_CLASSES = [
  'new',
  'larger',
  'smaller',
  'unchanged',
  'resolved',
  'placed',
  'removed',
] as const;
export type ChangeClass = (typeof CHANGE_CLASSES)[number];

/** Words of a class. They are looked for in this order, and words that one class has taken are not read again. */
const WORDS: readonly (readonly [ChangeClass, RegExp])[] = [
  [
    'unchanged',
    /\b(?:no|without|not)(?: (?:any|significant|significantly|appreciable|appreciably|substantial|substantially|definite|relevant|interval|other|much))* change[ds]?\b|\b(?:unchanged|stable|persist(?:s|ed|ent|ently|ing)?|constant|similar|remain(?:s|ed|ing)?)\b/g,
  ],
  [
    'resolved',
    /\b(?:no longer|resolved|resolution|cleared|disappeared|vanished|interval clearing|has normali[sz]ed)\b/g,
  ],
  ['removed', /\b(?:removed|removal|extubated|extubation)\b/g],
  ['placed', /\b(?:newly |new )?(?:placed|placement|inserted|insertion)\b/g],
  [
    'larger',
    /\b(?:larger|bigger|increas(?:ed?|es|ing)|wors(?:e|en|ened|ening)|progress(?:ed|ion|ing)|grown|enlarging|more (?:extensive|prominent|pronounced|severe))\b/g,
  ],
  [
    'smaller',
    /\b(?:smaller|decreas(?:ed?|es|ing)|improv(?:ed?|es|ing|ement)|reduced|reduction|diminish(?:ed|ing)|shrunken|shrunk|regress(?:ed|ion|ing)|resolving|less (?:extensive|prominent|pronounced|severe))\b/g,
  ],
  [
    'new',
    /\b(?:new|newly|(?:interval|recently) (?:development|appearance)|(?:has|have) (?:developed|appeared))\b/g,
  ],
];

/** Said before a word within its clause, these take it back: `no new opacity`, `has not increased`. */
const DENIED = /\b(?:no|not|nor|without|denies)(?: [a-z]+){0,2} $/;

/** Words that compare with an earlier study without saying how it differs. */
const COMPARING =
  /\b(?:prior|previous|previously|earlier|interval|compared|comparison|since|again|before|redemonstrat\w*|re-demonstrat\w*)\b/;

/**
 * The classes of change that a report states, each once, in the order of {@link CHANGE_CLASSES}: `The effusion has
 * increased` says `larger`, `the tube was removed` says `removed`. Denied words state nothing (`no new opacity`), but
 * `no change` states `unchanged`. Linear in the length of the text.
 */
export function changeClasses(text: string): ChangeClass[] {
  return statedIn(text).classes;
}

/** Whether a report has any word that compares with an earlier study, denied or not. */
export function comparesWithEarlier(text: string): boolean {
  const { classes, denied } = statedIn(text);
  return classes.length > 0 || denied || COMPARING.test(text.toLowerCase());
}

function statedIn(text: string): { classes: ChangeClass[]; denied: boolean } {
  const found = new Set<ChangeClass>();
  let denied = false;
  for (const clause of text.toLowerCase().split(/[.,;:\n]/)) {
    let rest = clause.replace(/\s+/g, ' ');
    for (const [name, words] of WORDS) {
      rest = rest.replace(words, (word, at: number) => {
        const taken = name !== 'unchanged' && DENIED.test(rest.slice(Math.max(0, at - 40), at));
        if (taken) denied = true;
        else found.add(name);
        return '#'.repeat(word.length);
      });
    }
  }
  return { classes: CHANGE_CLASSES.filter((name) => found.has(name)), denied };
}
