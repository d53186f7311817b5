import * as cues from './cues';
import { anywhere } from './phrases';

const clauseBreaks = anywhere(cues.CLAUSE_BREAKS);

/**
 * Parts of a sentence that denial and doubt do not cross, each starting and ending with a space: at words such as
 * "but", and at a comma, "and" or "with" where a new statement begins ("no pneumothorax, stable cardiomegaly", "edema has
 * resolved, small effusion remains"). Lists stay whole ("no consolidation, large effusion, or pneumothorax";
 * "pneumothorax, effusion and consolidation are not seen").
 */
export function splitClauses(statement: string): string[] {
  const sentence = statement.includes(' however ') ? statement.replace(ASIDE_HOWEVER, ' ') : statement;
  const clauses: string[] = [];
  let from = 0;
  for (const { index, 0: text } of sentence.matchAll(clauseBreaks)) {
    const next = sentence.slice(index + text.length, index + text.length + 12).split(' ', 1)[0]!;
    // "unlikely but cannot be excluded", "pneumonia, while possible, is …": the same subject
    if (
      isVerb(next) ||
      next === 'not' ||
      REFERS.test(sentence.slice(index + text.length)) ||
      (next !== '' && ASIDES.has(next) && text !== '; ')
    )
      continue;
    clauses.push(...splitStatements(sentence.slice(from, index)));
    from = index + text.length - 1;
  }
  clauses.push(...splitStatements(sentence.slice(from)));
  return clauses;
}

/** "the edema, however, has resolved": within one statement. */
const ASIDE_HOWEVER =
  / , however , (?=(?:is|are|was|were|has|have|not|no longer|gone|resolved|cleared|absent|persists?|remains?|unchanged|stable) )/g;

/** "…, but it cannot be excluded": of the finding before. */
const REFERS =
  /^(?:it|this|that|they|these) (?:cannot|can not|could not|is|are|was|remains?|should|may|might) (?:not )?(?:be )?(?:entirely |completely |still |also )?(?:excluded|ruled out|assessed|possible|considered|confirmed) /;

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Said of a finding in an aside: "although possible". */
const ASIDES = words('possible unlikely conceivable doubtful suspected difficult hard');

const SINGULAR = words(
  'is was has remains appears persists shows demonstrates seems looks measures contains',
);
const PLURAL = words('are were have remain appear persist show demonstrate');
const MODAL = words('may might could can cannot should would must');
const isVerb = (word: string): boolean => SINGULAR.has(word) || PLURAL.has(word) || MODAL.has(word);

/** States that a new statement begins with: also in a list of what is denied they are no item of it. */
const FIRM = words(
  'stable unchanged persistent persisting residual chronic known improved improving worsening worsened resolving ongoing possible probable likely questionable suspected old mild mildly minimal trace',
);
/** States that an item of a denied list may have, if "or" closes the list. */
const LOOSE = words(
  'moderate moderately small sm mod lg tiny large larger severe marked markedly massive extensive new increasing increased enlarging slight slightly subtle bilateral bibasilar biapical bibasal basilar basal apical perihilar retrocardiac lingular layering loculated displaced healing healed calcified spiculated dense streaky linear subsegmental platelike diffuse patchy hazy several few two three numerous multiple scattered left right l r lt rt lll rll rml rul lul sizable',
);
const SIDES = words('left right l r lt rt bilateral bibasilar biapical');
const isState = (word: string): boolean => FIRM.has(word) || LOOSE.has(word);
/** What an adverb of degree is said of when no noun follows: "mildly enlarged". */
const ATTRIBUTES = words(
  'enlarged prominent increased decreased improved dilated tortuous widened worse worsened better larger smaller elevated displaced ectatic limited rotated',
);
/** What cannot be the noun behind a state: "stable since", "small on the left". */
const NO_NOUN = words(
  'from since in on at compared when but as to by than with and or nor of for size , : ( ) /',
);

const SEEN = words(
  'seen identified evident noted appreciated visualized visualised demonstrated detected found apparent observed visible suspected suggested',
);
const GONE = words(
  'resolved cleared subsided reexpanded removed gone absent disappeared excluded unlikely withdrawn extubated',
);
const DOUBTED = words('possible suspected questioned doubtful equivocal uncertain unclear indeterminate ?');
const DENIES = words('not no resolved cleared absent gone');
/** Said of what stands before it: "heart normal", "PICC unchanged", "chest tube in place". */
const SAID = words(
  'normal clear unremarkable intact sharp unchanged stable place position situ tip terminates ends enlarged prominent increased decreased improved dilated tortuous widened worse worsened better larger smaller elevated displaced ectatic',
);
const THERE = words(
  'present remains persists unchanged stable again increased decreased improved worse larger smaller',
);
const PLACES = words('on in at within over along throughout bilaterally');
/** "consistent with" joins no statement. */
const LINKS = words('consistent compatible associated keeping compared comparison along');
const JOINERS = words('and or nor but with also');
const DETERMINERS = words('a an the some this these its his her both');
/** A segment that begins with one of these goes on with what was said before. */
const CONTINUES = words(
  'which that who in on at of from since due secondary representing suggesting consistent compatible given although as to by than especially particularly most predominantly greater worse more less better similar including such also not cannot may might could seen noted measuring now status approximately',
);
/** Often denied by a bare list: "pneumothorax, effusion not seen". */
const DENIED_IN_LISTS =
  /^(?:(?:(?:focal|acute|pleural|pulmonary|airspace|lobar|definite|lung) )*(?:pneumothorax|effusion|effusions|consolidation|edema|oedema|infiltrate|infiltrates|pneumonia|nodule|mass|opacity|opacities|disease|congestion|fractures?|nodules|masses|consolidations|pneumothoraces)(?: |$))+$/;

/** One clause between hard breaks, cut where a new statement begins. */
function splitStatements(clause: string): string[] {
  if (!/ (?:,|\/|and|with) /.test(clause)) return [clause];
  const tokens = clause.trim().split(' ');
  const parts: string[] = [];
  let from = 0;
  for (let k = 1; k < tokens.length - 1; k++) {
    const word = tokens[k]!;
    const separates = isMark(word) || word === 'and' || (word === 'with' && !LINKS.has(tokens[k - 1]!));
    if (!separates || k === from || (word === '/' && /^\d/.test(tokens[k + 1]!))) continue;
    if (!beginsStatement(tokens, from, k)) continue;
    parts.push(` ${tokens.slice(from, k).join(' ')} `);
    from = k + 1;
  }
  parts.push(` ${tokens.slice(from).join(' ')} `);
  return parts;
}

/** "no consolidation / small effusion". */
const isMark = (word: string): boolean => word === ',' || word === '/';

/** What a stretch of tokens says so far. */
interface Left {
  /** Whether a denial or doubt still runs at its end. */
  readonly open?: 'denial' | 'doubt';
  readonly verb: boolean;
  readonly state: boolean;
  readonly side: boolean;
  readonly commas: number;
  /** Whether "or" closed the list. */
  readonly closed: boolean;
}

function beginsStatement(tokens: readonly string[], from: number, k: number): boolean {
  let i = k + 1;
  let joiner = isMark(tokens[k]!) ? undefined : tokens[k];
  if (joiner === undefined && JOINERS.has(tokens[i]!)) joiner = tokens[i++];
  const first = tokens[i];
  if (first === undefined || joiner === 'or' || joiner === 'nor') return false;
  if (deniesAt(tokens, i)) return true;
  if (first === 'there' && isVerb(tokens[i + 1] ?? '')) return true;
  const left = readLeft(tokens, from, k);
  const end = segmentEnd(tokens, i, isMark(tokens[k]!));
  if (left.open === 'doubt' && tokens[k] === 'and' && mayBe(tokens, from, k)) return false;
  if (left.open && startsWithState(tokens, i, end)) return opensAnew(tokens, i, left, joiner);
  if (left.open && joiner === undefined && leavesList(tokens, i, end, left)) return true;
  if (first === 'positive' && tokens[i + 1] === 'for') return true;
  if (
    joiner === 'with' &&
    DETERMINERS.has(first) &&
    (isMark(tokens[k]!) || (left.open === 'denial' && SEEN.has(tokens[k - 1]!)))
  )
    return true;
  if (joiner === 'with' || CONTINUES.has(first) || isVerb(first)) return false;
  const verb = findVerb(tokens, i, end);
  const colon = joiner === undefined ? tokens.indexOf(':', i + 1) : -1;
  if (colon > 0 && colon < end) return left.state || left.verb || !isDeniedList(tokens, from, k);
  if (verb > 0) return ownVerb(tokens, from, k, i, verb, left, joiner);
  return ownParticiple(tokens, from, k, i, end, left, joiner);
}

/** "there may be edema and trace effusions": one doubt for both. */
const mayBe = (tokens: readonly string[], from: number, to: number): boolean =>
  tokens.slice(from, to).some((word, i) => word === 'there' && MODAL.has(tokens[from + i + 1] ?? ''));

/** "no", "without", "negative for" …, not "no longer seen", "not seen", which are said of what stands before. */
function deniesAt(tokens: readonly string[], i: number): boolean {
  const next = tokens[i + 1] ?? '';
  switch (tokens[i]) {
    case 'no':
      return next !== 'longer' && next !== '' && next !== ')' && next !== ',';
    case 'without':
    case 'neither':
      return true;
    case 'none':
      return PLACES.has(next);
    case 'negative':
    case 'neg':
      return next === 'for';
    case 'free':
    case 'clear':
    case 'absence':
    case 'resolution':
      return next === 'of';
    default:
      return false;
  }
}

const DOUBTS = words(
  'possible probable possibly probably questionable may might could suspected presumed potential',
);
const PSEUDO = words(
  'change changes changed difference improvement worsening progression increase decrease doubt longer',
);

function readLeft(tokens: readonly string[], from: number, k: number): Left {
  let open: Left['open'];
  let verb = false;
  let state = false;
  let side = false;
  let commas = 0;
  let closed = false;
  for (let i = from; i < k; i++) {
    const word = tokens[i]!;
    if (word === ',') commas++;
    else if (word === 'or' || word === 'nor') closed = open === 'denial';
    else if (deniesAt(tokens, i) || word === 'not') {
      if (
        !PSEUDO.has(tokens[i + 1] ?? '') &&
        !PSEUDO.has(tokens[i + 2] ?? '') &&
        !PSEUDO.has(tokens[i + 3] ?? '')
      ) {
        open = 'denial';
      }
      if (word !== 'not') state = true;
    } else if (DOUBTS.has(word)) open = 'doubt';
    else if (i === from && (word === 'resolved' || word === 'removed')) open = 'denial';
    else if (isVerb(word) || GONE.has(word)) {
      if (tokens[i - 1] !== 'there' && !(open && SEEN.has(tokens[i + 1] ?? ''))) open = undefined;
      verb = true;
    }
    if (isState(word)) {
      if (SIDES.has(word)) side = true;
      state = true;
    }
  }
  return { ...(open && { open }), verb, state, side, commas, closed };
}

/** The next comma; after an "and" the next of either. */
function segmentEnd(tokens: readonly string[], i: number, comma: boolean): number {
  let end = i;
  while (end < tokens.length && !isMark(tokens[end]!) && (comma || tokens[end] !== 'and')) end++;
  return end;
}

/** "small effusion", "the mildly enlarged heart"; not "small", "stable since May", "mildly enlarged". */
function startsWithState(tokens: readonly string[], start: number, end: number): boolean {
  let i = start;
  while (i < end && (DETERMINERS.has(tokens[i]!) || tokens[i] === 'also' || tokens[i] === 'now')) i++;
  if (i >= end || !isState(tokens[i]!)) return false;
  while (i < end && (isState(tokens[i]!) || tokens[i] === 'to' || tokens[i] === 'sided')) i++;
  while (i < end && ATTRIBUTES.has(tokens[i]!)) i++;
  return i < end && !NO_NOUN.has(tokens[i]!) && !isVerb(tokens[i]!);
}

/** Whether a segment with a state of its own leaves the denied list before it. */
function opensAnew(
  tokens: readonly string[],
  start: number,
  left: Left,
  joiner: string | undefined,
): boolean {
  let i = start;
  while (DETERMINERS.has(tokens[i]!) || tokens[i] === 'also' || tokens[i] === 'now') i++;
  const word = tokens[i]!;
  if (FIRM.has(word) && !closesWith(tokens, i, 'or', true)) return true;
  if (SIDES.has(word) && left.side) return false;
  if (closesWith(tokens, i, 'or', false)) return false;
  const large = word === 'large' || word === 'sizable' || word === 'new';
  if (!large) return true;
  return !closesWith(tokens, i, 'and', false) && !(joiner === 'and' && left.commas > 0);
}

/** Whether the list is closed by ", or X": before a verb or another denial. With `firm`, right behind a comma only. */
function closesWith(tokens: readonly string[], start: number, joiner: 'or' | 'and', firm: boolean): boolean {
  for (let i = start; i < tokens.length; i++) {
    const word = tokens[i]!;
    if (isVerb(word) || deniesAt(tokens, i)) return false;
    if (joiner === 'or' && (word === 'or' || word === 'nor')) return !firm || tokens[i - 1] === ',';
    if (joiner === 'and' && word === 'and') return !isState(tokens[i + 1] ?? '');
  }
  return false;
}

/**
 * Whether a segment without a state leaves the denied list before it: the list was closed ("no effusion or
 * pneumothorax, consolidation …"), an article begins another ("a 1 cm nodule"), or something is said of it ("heart normal").
 */
function leavesList(tokens: readonly string[], start: number, end: number, left: Left): boolean {
  if (CONTINUES.has(tokens[start]!) || isVerb(tokens[start]!)) return false;
  if (closesWith(tokens, start, 'or', false)) return false;
  if (left.closed || DETERMINERS.has(tokens[start]!)) return true;
  if (!left.side && isPlaced(tokens, start, end)) return true;
  for (let i = start + 1; i < end; i++) if (SAID.has(tokens[i]!)) return true;
  return false;
}

/** "fracture of the left seventh rib", "opacity at the right base": one finding in one place. */
function isPlaced(tokens: readonly string[], start: number, end: number): boolean {
  for (let i = start + 1; i < end - 1; i++) {
    const [word, next, then] = [tokens[i]!, tokens[i + 1]!, tokens[i + 2] ?? ''];
    if (!PLACES.has(word) && word !== 'of') continue;
    if (SIDES.has(next) || (next === 'the' && (SIDES.has(then) || ONE_PLACE.has(then)))) return true;
  }
  return false;
}

const ONE_PLACE = words('lingula hilum apex base carina');

/** Place of the first verb behind a subject, 0 for none. */
function findVerb(tokens: readonly string[], start: number, end: number): number {
  for (let i = start + 1; i < end; i++) if (isVerb(tokens[i]!)) return i;
  return 0;
}

/** "the heart is enlarged", "infection cannot be excluded" behind a comma or "and". */
function ownVerb(
  tokens: readonly string[],
  from: number,
  k: number,
  start: number,
  verb: number,
  left: Left,
  joiner: string | undefined,
): boolean {
  const plural = PLURAL.has(tokens[verb]!);
  const listed = isMark(tokens[k]!);
  if (left.open === 'denial') {
    if (joiner === 'and' && plural && !DETERMINERS.has(tokens[start]!)) return false;
    if (has(tokens, start, verb, 'or') || has(tokens, start, verb, 'nor')) return false;
    const list = SEEN.has(tokens[verb + 1] ?? '') || tokens[verb + 1] === 'present';
    return !list || DETERMINERS.has(tokens[start]!) || PLACES.has(tokens[verb + 2] ?? '');
  }
  const joined = joiner === 'and' || has(tokens, start, verb, 'and') || has(tokens, start, verb, 'or');
  const other = listed && DENIES.has(tokens[verb + 1] ?? '') && !isDeniedList(tokens, from, k);
  if (joined && plural && !(left.verb && listed)) return other;
  if (left.verb || left.open) return true;
  if (joined) return left.state;
  if (plural) return left.state;
  return true;
}

/** "pneumothorax not seen", "edema resolved", "effusion present on the right": no verb. */
function ownParticiple(
  tokens: readonly string[],
  from: number,
  k: number,
  start: number,
  end: number,
  left: Left,
  joiner: string | undefined,
): boolean {
  for (let i = start + 1; i < end; i++) {
    const word = tokens[i]!;
    const denied =
      GONE.has(word) ||
      (word === 'likely' && tokens[i - 1] === 'less') ||
      DOUBTED.has(word) ||
      ((word === 'not' || (word === 'no' && tokens[i + 1] === 'longer')) &&
        (has(tokens, i, end, 'seen') ||
          tokens.slice(i, i + 4).some((next) => SEEN.has(next) || next === 'present')));
    if (denied) {
      if (left.open || left.verb) return true;
      const joined = joiner === 'and' || has(tokens, start, i, 'and') || has(tokens, start, i, 'or');
      if (joined) return left.state;
      return left.state || !isDeniedList(tokens, from, k);
    }
    if (left.open === 'denial' && (THERE.has(word) || SEEN.has(word))) {
      if (closesWith(tokens, start, 'or', false)) return false;
      return PLACES.has(tokens[i + 1] ?? '') || (THERE.has(word) && left.commas === 0);
    }
  }
  return false;
}

const isDeniedList = (tokens: readonly string[], from: number, to: number): boolean =>
  DENIED_IN_LISTS.test(
    tokens
      .slice(from, to)
      .filter((token) => token !== ',' && token !== 'and' && token !== 'or')
      .join(' '),
  );

function has(tokens: readonly string[], from: number, to: number, word: string): boolean {
  const at = tokens.indexOf(word, from);
  return at >= 0 && at < to;
}
