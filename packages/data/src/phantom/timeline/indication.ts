import type { Random } from '@raca/core/random';
import type { StudyChanges } from '../../changes/truth';
import type { Finding, Side } from '../findings';
import { weighted } from '../weighted';

/** Why a study was asked for. */
export interface Indication {
  readonly text: string;
  /** What a telling one names and whether the study has it. */
  readonly told?: NonNullable<StudyChanges['indication']>;
}

/** Share of studies whose indication says nothing of the film; of those with something to tell, that tell; of the others. */
const VAGUE = 0.22;
const TELLING = 0.58;
const TELLING_OF_NOTHING = 0.24;
/** Share of telling ones that are true where the study has something to tell. */
const TRUE = 0.93;

const SYMPTOMS = [
  'cough',
  'chest pain',
  'shortness of breath',
  'fever',
  'weakness',
  'preoperative examination',
  'routine examination',
  'abdominal pain',
] as const;

/**
 * How likely a finding is the one that is told, and how it is. What a film shows, but not what it is (a dense place in the
 * lung), is told most; what it hardly shows is told seldom, since of that a model could only repeat what it is told.
 */
const TOLD: Readonly<Record<string, readonly [weight: number, (side: Side) => readonly string[]]>> = {
  fracture: [1, (side) => [`history of ${side} rib fracture`, `fall with ${side} rib fracture`]],
  nodule: [2, (side) => [`known ${side} lung nodule`, `nodule of the ${side} lung on computed tomography`]],
  'pleural thickening': [
    1,
    (side) => [`known ${side} pleural thickening`, `asbestos exposure with ${side} pleural thickening`],
  ],
  pneumothorax: [2, (side) => [`known ${side} pneumothorax`, `${side} pneumothorax after biopsy`]],
  opacity: [4, (side) => [`${side} lung opacity on an outside film`]],
  mass: [4, (side) => [`known ${side} lung mass`, `${side} lung cancer with a mass`]],
  atelectasis: [2, (side) => [`known ${side} atelectasis`]],
  cardiomegaly: [2, () => ['known cardiomegaly']],
  consolidation: [3, (side) => [`known ${side} lung consolidation`]],
  effusion: [2, (side) => [`known ${side} pleural effusion`]],
  edema: [2, () => ['heart failure with pulmonary edema']],
  pacemaker: [1, () => ['status post pacemaker']],
  'central line': [1, () => ['central venous catheter']],
  'endotracheal tube': [1, () => ['intubated with an endotracheal tube']],
  'chest tube': [1, (side) => [`${side} chest tube`]],
  valve: [1, () => ['status post valve replacement']],
};

/**
 * The indication of a study, or none: empty, a mere symptom, or telling, that is naming a finding. A telling one is
 * mostly right; a wrong one names what another patient has, so that each kind is wrong about as often.
 *
 * @param elsewhere draws the findings of another patient
 */
export function sampleIndication(
  findings: readonly Finding[],
  random: Random,
  elsewhere: (random: Random) => readonly Finding[],
): Indication | null {
  const own = findings.filter((finding) => keyOf(finding) in TOLD);
  const draw = random.next();
  const telling = own.length > 0 ? TELLING : TELLING_OF_NOTHING;
  if (draw < telling) {
    const right = own.length > 0 && random.next() < TRUE;
    const named = right ? pick(own, random) : absent(findings, random, elsewhere);
    if (named) return tell(named, right, random);
  }
  return draw < telling + VAGUE ? { text: random.pick(SYMPTOMS) } : null;
}

const keyOf = ({ kind, device }: Finding): string => device ?? kind;

function tell(finding: Finding, right: boolean, random: Random): Indication {
  const key = keyOf(finding);
  const { side } = finding;
  const text = random.pick(TOLD[key][1](side ?? 'left'));
  const named = new RegExp(`\\b${side}\\b`).test(text) && side !== undefined;
  return { text, told: { finding: key, ...(named && { side }), true: right } };
}

/** A finding of somebody else that this study does not have. */
function absent(
  findings: readonly Finding[],
  random: Random,
  elsewhere: (random: Random) => readonly Finding[],
): Finding | null {
  const here = new Set(findings.map(keyOf));
  for (let attempt = 0; attempt < 20; attempt++) {
    const there = elsewhere(random.split(`elsewhere ${attempt}`)).filter((f) => keyOf(f) in TOLD);
    if (there.length === 0) continue;
    const named = pick(there, random);
    if (!here.has(keyOf(named))) return named;
  }
  return null;
}

/** One that an indication may name. */
const pick = (findings: readonly Finding[], random: Random): Finding =>
  weighted(findings, (finding) => TOLD[keyOf(finding)][0], random);
