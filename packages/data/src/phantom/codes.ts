import type { Random } from '@raca/core/random';
import {
  type Degree,
  type Device,
  type Finding,
  type FindingKind,
  type Lobe,
  place,
  type Side,
} from './findings';
import { type PhantomStudy, type StudyOptions, sampleStudy } from './study';

/** What a code or a phrase asks for; `shallow` is a low lung volume, not a finding. */
type Wish = FindingKind | 'shallow';

/** Heads of Open-i's coded findings (`Opacity/lung/apex/left`), tested in order against the whole code. */
const CODES: readonly (readonly [RegExp, Wish, Device?])[] = [
  [
    /^(cardiomegaly|pericardial effusion)|^(cardiac shadow|heart|heart ventricles|heart atria)\b.*(enlarged|borderline)/,
    'cardiomegaly',
  ],
  [/^(heart failure|pulmonary edema|pulmonary congestion)/, 'edema'],
  [
    /^(opacity|markings|density)\b.*(interstitial|diffuse|reticular)|^(pulmonary fibrosis|lung diseases, interstitial)/,
    'edema',
  ],
  [/^(hydropneumothorax|pneumothorax)/, 'pneumothorax'],
  [/^(pleural effusion|costophrenic angle.*blunted|sulcus.*blunted)/, 'effusion'],
  [/^(consolidation|airspace disease|infiltrate|pneumonia)/, 'consolidation'],
  [/^(pulmonary atelectasis|cicatrix\/lung|volume loss)/, 'atelectasis'],
  [/^(mass|cavitation|pneumonectomy)/, 'mass'],
  [/^(nodule|calcified granuloma|granuloma|granulomatous disease|calcinosis\/lung|cysts\/lung)/, 'nodule'],
  [/^(opacity|density)\b/, 'opacity'],
  [/^(fractures, bone|deformity\/ribs)/, 'fracture'],
  [/^thickening\/pleura|^pleural thickening/, 'pleural thickening'],
  [
    /^(emphysema|pulmonary emphysema|bullous emphysema|blister|pulmonary disease, chronic obstructive)/,
    'hyperinflation',
  ],
  [/^(lung\/hyperdistention|lung, hyperlucent|diaphragm.*flattened)/, 'hyperinflation'],
  [/^lung\/hypoinflation/, 'shallow'],
  [/^scoliosis/, 'scoliosis'],
  [/^(diaphragm.*elevated|diaphragmatic eventration)/, 'raised diaphragm'],
  [/^(mediastinum|aortic aneurysm|aorta.*enlarged|hernia, hiatal)/, 'wide mediastinum'],
  [/^aorta.*(tortuous|prominent)/, 'tortuous aorta'],
  [/^(spine|thoracic vertebrae|osteophyte|spondylosis|arthritis|kyphosis)/, 'degenerative spine'],
  [/^catheters, indwelling/, 'device', 'central line'],
  [/^(implanted medical device|medical device)/, 'device', 'pacemaker'],
  [/^tube, inserted\b.*trachea/, 'device', 'endotracheal tube'],
  [/^tube, inserted/, 'device', 'chest tube'],
  [/^(surgical instruments|sutures|stents|foreign bodies|spinal fusion)/, 'device', 'clips'],
];

/** The same for plain words; a sentence may ask for several. */
const WORDS: readonly (readonly [RegExp, Wish, Device?])[] = [
  [
    /cardiomegaly|(heart|cardiac)[a-z ]* (enlarged|enlargement)|enlarged (heart|cardiac)|enlargement of the (heart|cardiac)/,
    'cardiomegaly',
  ],
  [/edema|vascular congestion|congestive|interstitial (opacit|marking|prominence)/, 'edema'],
  [/pneumothora/, 'pneumothorax'],
  [/effusions?\b|blunting|pleural fluid/, 'effusion'],
  [/consolidation|infiltrate|pneumonia|airspace disease/, 'consolidation'],
  [/atelecta|scarring|\bscar\b/, 'atelectasis'],
  [/\bmass\b/, 'mass'],
  [/nodul|granuloma/, 'nodule'],
  [/\bopacit/, 'opacity'],
  [/fracture/, 'fracture'],
  [/pleural thickening/, 'pleural thickening'],
  [/emphysema|hyperinflat|hyperexpan|flattened diaphragm|flattening of the diaphragm/, 'hyperinflation'],
  [/low lung volumes|low volumes|hypoinflat|hypoventilat/, 'shallow'],
  [/scoliosis/, 'scoliosis'],
  [
    /elevat[a-z]* (of )?(the )?(right |left )?(hemi)?diaphragm|(hemi)?diaphragm[a-z ]* elevated|eventration/,
    'raised diaphragm',
  ],
  [/widened mediastinum|mediastinal widening|hiatal hernia/, 'wide mediastinum'],
  [/tortuous|ectatic aorta|aortic ectasia/, 'tortuous aorta'],
  [/degenerative|osteophyt|spondylosis|kyphosis/, 'degenerative spine'],
  [/catheter|\bpicc\b|\bport\b|central (venous )?line/, 'device', 'central line'],
  [/pacemaker|pacer|icd\b|defibrillator|stimulator/, 'device', 'pacemaker'],
  [/endotracheal|tracheostomy/, 'device', 'endotracheal tube'],
  [/chest tube/, 'device', 'chest tube'],
  [/sternotomy|prosthetic valve|valve replacement|cabg/, 'device', 'valve'],
  [/surgical clips|\bclips\b|suture/, 'device', 'clips'],
];

const NEGATION =
  /\b(no|not|without|negative for|free of|absence of|clear of|resolved|resolution of|rather than|normal|unremarkable)\b/;
/** Codes that say nothing about the film. */
const EMPTY = /^(no indexing|technical quality)/;

/**
 * A study that carries the findings of a real report: its Open-i codes or, where there are none, the words of its
 * text (keyword rules with negation to the left in the sentence). Body, pose and film are random.
 *
 * @param codes e.g. `['Opacity/lung/apex/left/irregular', 'Cardiomegaly/mild']` or `['normal']`
 */
export function studyFromCodes(
  codes: readonly string[],
  text: string,
  random: Random,
  options: Omit<StudyOptions, 'findings'> = {},
): PhantomStudy {
  const places = random.split('places');
  const findings: Finding[] = [];
  let shallow = false;
  const useful = codes.map((code) => code.trim().toLowerCase()).filter((code) => code && !EMPTY.test(code));
  const wishes = useful.length > 0 ? useful.flatMap(wishesOfCode) : wishesOfText(text);
  for (const { wish, device, words } of wishes) {
    if (wish === 'shallow') {
      shallow = true;
      continue;
    }
    for (const side of sidesIn(words, wish, places)) {
      const lobe = lobeIn(words);
      const asked = { side, device, degree: degreeIn(words), ...(lobe && { lobe }) };
      const [finding] = place(places, wish, findings, asked);
      if (!findings.some((f) => overlaps(f, finding))) findings.push(shrunk(finding, words));
    }
  }
  const study = sampleStudy(random, { ...options, findings });
  const low = findings.some((f) => f.kind === 'hyperinflation') ? 0.3 : Math.max(study.inspiration, -0.2);
  return { ...study, inspiration: shallow ? -0.85 : low };
}

interface Asked {
  readonly wish: Wish;
  readonly device?: Device;
  /** Where side, place and degree are looked for. */
  readonly words: string;
}

function wishesOfCode(code: string): Asked[] {
  const rule = CODES.find(([pattern]) => pattern.test(code));
  return rule ? [{ wish: rule[1], device: rule[2], words: code }] : [];
}

function wishesOfText(text: string): Asked[] {
  return text
    .toLowerCase()
    .split(/[.;]\s*|\bbut\b|\bhowever\b/)
    .flatMap((sentence) =>
      WORDS.flatMap(([pattern, wish, device]) => {
        const hit = pattern.exec(sentence);
        if (!hit || NEGATION.test(sentence.slice(0, hit.index)) || / (not|absent|excluded)\b/.test(hit[0]))
          return [];
        return [{ wish, device, words: sentence }];
      }),
    );
}

/** Sides that a code names; findings without one get a random side where they need it. */
function sidesIn(words: string, wish: FindingKind, random: Random): readonly (Side | undefined)[] {
  const left = /\bleft\b/.test(words);
  const right = /\bright\b/.test(words);
  if (wish === 'cardiomegaly' || wish === 'edema' || wish === 'wide mediastinum') return [undefined];
  if (/\b(bilateral|bilaterally|both|bibasilar|biapical)\b/.test(words) || (left && right)) {
    return wish === 'device' || wish === 'pneumothorax' ? ['right'] : ['right', 'left'];
  }
  return [left ? 'left' : right ? 'right' : random.pick(['left', 'right'] as const)];
}

function lobeIn(words: string): Lobe | undefined {
  if (/upper|apex|apical|apices/.test(words)) return 'upper';
  if (/middle|lingula|hilum|perihilar|mid lung/.test(words)) return 'middle';
  if (/lower|base|basilar|basal|retrocardiac|costophrenic/.test(words)) return 'lower';
  return undefined;
}

function degreeIn(words: string): Degree {
  if (/\b(severe|large|marked|massive)/.test(words)) return 3;
  if (/\b(mild|small|minimal|borderline|tiny|trace|slight|blunt)/.test(words)) return 1;
  return 2;
}

/** Old granulomas are smaller than a nodule and dense. */
function shrunk(finding: Finding, words: string): Finding {
  return finding.kind === 'nodule' && /granulom|calcinosis/.test(words)
    ? { ...finding, radius: 0.75 }
    : finding;
}

const overlaps = (a: Finding, b: Finding): boolean =>
  a.kind === b.kind && a.side === b.side && a.lobe === b.lobe && a.device === b.device;
