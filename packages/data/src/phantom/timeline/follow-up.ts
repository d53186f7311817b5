import type { Random } from '@raca/core/random';
import type { ChangeClass } from '../../changes/words';
import type { Finding } from '../findings';
import { composeReport, type PhantomReport, writeReport } from '../grammar';
import { positive, type Statement, statement, zone } from '../phrases';
import { deviceChange, trackChange } from './compare';
import { type Course, findingsAt, type Track } from './course';

/** Said behind a finding that is there. */
const BEHIND = {
  new: ['new since the prior study', 'new [from|since] the [prior|previous] study'],
  larger: [
    'larger than [before|on the prior study]',
    'increased [since|from] the [prior|previous] study',
    'worse [than before|since the prior study]',
  ],
  smaller: [
    'smaller than [before|on the prior study]',
    'decreased [since|from] the [prior|previous] study',
    'improved since the [prior|previous] study',
  ],
  unchanged: ['unchanged [since|from] the [prior|previous] study', 'stable since the [prior|previous] study'],
} as const;

const NOTHING = statement(
  'other',
  [],
  [
    'no [significant|] interval change',
    'no [significant|] change [since|from] the prior study',
    'unchanged appearance of the chest since the prior study',
  ],
);

/**
 * Writes the report of study `k` (from 0). From the second one on, every condition and device that is there, or was in
 * the study before, is compared with it; where there is none, the report says that nothing changed. A first study's
 * report compares with nothing. What lasts is named without a comparison.
 */
export function writeVisit(
  course: Course,
  k: number,
  random: Random,
): PhantomReport & { readonly stated: ChangeClass[] } {
  const study = course.studies[k];
  if (k === 0) return { ...writeReport(study, random), stated: [] };
  const stated = new Set<ChangeClass>();
  const statements: Statement[] = [];
  for (const track of course.tracks) {
    const change = trackChange(track, k);
    if (change === null) continue;
    stated.add(change);
    statements.push(change === 'resolved' ? gone(track) : present(findingsAt(track, k), change));
  }
  for (const track of course.devices) {
    const change = deviceChange(track, k);
    if (change === null) continue;
    stated.add(change);
    statements.push(device(track.finding, change));
  }
  for (const finding of course.lasting) statements.push(positive(finding));
  if (stated.size === 0) {
    stated.add('unchanged');
    statements.push(NOTHING);
  }
  return { ...composeReport(statements, study, random), stated: [...stated] };
}

function present([finding, partner]: readonly Finding[], change: keyof typeof BEHIND): Statement {
  const said = positive(finding, partner);
  return {
    ...said,
    templates: said.templates.flatMap((text) => BEHIND[change].map((behind) => `${text}, ${behind}`)),
  };
}

function gone({ kind, findings: [finding, partner] }: Track): Statement {
  const { side = 'left', lobe = 'lower' } = finding;
  const name = {
    effusion: `${side} pleural effusion`,
    pneumothorax: `${side} pneumothorax`,
    consolidation: `${zone(side, lobe)} consolidation`,
    pneumonia: 'bilateral pneumonia',
    edema: 'pulmonary edema',
    cardiomegaly: 'cardiomegaly',
    mass: `${zone(side, lobe)} mass`,
    atelectasis: `${side} basilar atelectasis`,
    opacity: `${zone(side, lobe)} opacity`,
  }[kind];
  const { group, regions } = positive(finding, partner);
  return statement(group, regions, [
    `the [previous|prior|] ${name} has [resolved|cleared]`,
    `${name} is no longer [seen|present]`,
    `interval resolution of the ${name}`,
  ]);
}

function device(finding: Finding, change: 'placed' | 'removed' | 'unchanged'): Statement {
  const side = finding.side ?? 'left';
  const [article, name] = {
    pacemaker: ['a', `${side} chest pacemaker`],
    'central line': ['a', `${side} central venous catheter`],
    'endotracheal tube': ['an', 'endotracheal tube'],
    'chest tube': ['a', `${side} chest tube`],
    valve: ['a', 'prosthetic heart valve'],
    clips: ['a', 'surgical clip'],
  }[finding.device ?? 'pacemaker'];
  const { group, regions } = positive(finding);
  const templates = {
    placed: [`interval placement of ${article} ${name}`, `${article} ${name} has been placed`],
    removed: [`the ${name} has been removed`, `interval removal of the ${name}`],
    unchanged: [`the ${name} is unchanged`, `${article} ${name} is in unchanged position`],
  }[change];
  return statement(group, regions, templates);
}
