import type { Random } from '@raca/core/random';
import type { RegionName } from '@raca/core/regions';
import { mediastinalShift } from './anatomy';
import { NORMAL, type NormalStatement } from './normal';
import { type Group, positive, type Statement } from './phrases';
import type { PhantomStudy } from './study';
import { weighted } from './weighted';

/** A report in plain words, and the regions of each of its sentences (`S1` is the first). */
export interface PhantomReport {
  readonly report: string;
  readonly sentence_regions: Record<string, RegionName[]>;
}

/** Tokens a report may have, sentences joined by `.` tokens; only more findings than usual go beyond. */
const TOKENS = 58;
const ORDERS: readonly (readonly Group[])[] = [
  ['heart', 'mediastinum', 'lungs', 'pleura', 'bones', 'other', 'devices'],
  ['devices', 'heart', 'mediastinum', 'lungs', 'pleura', 'bones', 'other'],
  ['lungs', 'pleura', 'heart', 'mediastinum', 'other', 'bones', 'devices'],
  ['heart', 'lungs', 'mediastinum', 'pleura', 'other', 'devices', 'bones'],
  ['lungs', 'heart', 'mediastinum', 'pleura', 'devices', 'other', 'bones'],
];

/**
 * Writes the report of a study: every finding once, some of what is normal, in varying order and words. All of it
 * is true of the study. Four to eight sentences.
 */
export function writeReport(study: PhantomStudy, random: Random): PhantomReport {
  return composeReport(positives(study), study, random);
}

/** A report of these statements and some of what is normal in the study, in varying order and words. */
export function composeReport(
  statements: readonly Statement[],
  study: PhantomStudy,
  random: Random,
): PhantomReport {
  const chosen: { group: Group; text: string; regions: readonly RegionName[] }[] = [];
  const say = (s: Statement): void => {
    chosen.push({ group: s.group, text: fill(random.pick(s.templates), random), regions: s.regions });
  };
  for (const s of statements) say(s);
  const goal = Math.max(4 + random.int(3), Math.min(8, chosen.length + 2));
  const length = (): number => chosen.reduce((sum, { text }) => sum + text.split(' ').length + 1, -1);
  const topics = new Set<string>();
  let open = NORMAL.filter((s) => isTrue(s, study));
  while (chosen.length < goal && open.length > 0) {
    const s = weighted(open, ({ weight }) => weight, random);
    const before = length();
    say(s);
    if (before > 0 && length() > TOKENS) chosen.pop();
    for (const topic of s.topics) topics.add(topic);
    open = open.filter((o) => o !== s && !o.topics.some((topic) => topics.has(topic)));
  }
  const order = random.pick(ORDERS);
  const sorted = random.shuffle(chosen).sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
  const report = sorted.map(({ text }) => `${text[0].toUpperCase()}${text.slice(1)}.`).join(' ');
  const sentence_regions: Record<string, RegionName[]> = {};
  sorted.forEach((s, i) => {
    sentence_regions[`S${i + 1}`] = [...s.regions];
  });
  return { report, sentence_regions };
}

/** The findings' statements; fluid on both sides and the places of a pneumonia share a sentence. */
function positives({ findings }: PhantomStudy): Statement[] {
  const out: Statement[] = [];
  const done = new Set<number>();
  findings.forEach((finding, i) => {
    if (done.has(i)) return;
    const j = findings.findIndex(
      (f, k) =>
        k > i &&
        !done.has(k) &&
        f.kind === finding.kind &&
        ((f.kind === 'effusion' && f.degree === finding.degree && f.side !== finding.side) ||
          (f.pneumonia === true && finding.pneumonia === true)),
    );
    if (j >= 0) done.add(j);
    out.push(positive(finding, findings[j]));
  });
  return out;
}

function isTrue(s: NormalStatement, { findings, habitus, inspiration }: PhantomStudy): boolean {
  return s.absent.every((what) => {
    if (what === 'shift') return mediastinalShift(findings) === 0;
    if (what === 'gasless') return habitus.gastricAir;
    if (what === 'deep') return inspiration < -0.5;
    if (what === 'shallow') return inspiration > -0.2;
    return !findings.some((f) => f.kind === what);
  });
}

/** Replaces each `[a|b]` by one of its words and mends the spaces. */
function fill(template: string, random: Random): string {
  return template
    .replace(/\[([^\]]*)\]/g, (_, words: string) => random.pick(words.split('|')))
    .replace(/\s+/g, ' ')
    .trim();
}
