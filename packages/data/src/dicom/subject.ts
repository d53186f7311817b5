import type { ViewKind } from '@raca/core';
import { viewKind } from '../views';
import type { DataSet } from './data-set';
import { TAG } from './tags';

/** What the header says that the picture shows. Words are repeated only where they are the standard's own. */
export interface DicomSubject {
  /** Modality, e.g. `DX`; undefined where the file says none that is known. */
  readonly modality?: string;
  /** Body part, e.g. `CHEST`; undefined where the file says none that is known. */
  readonly bodyPart?: string;
  readonly view: ViewKind;
  /** View Position as written, e.g. `LL`, where it is one that is known. */
  readonly viewPosition?: string;
  /** Raw values of the detector, not meant to be looked at (PS3.3 C.8.11.1). */
  readonly forProcessing: boolean;
}

/** Modalities of projection radiography, and those that say nothing. */
const RADIOGRAPHS = 'CR DX DR RG RF SC OT XC'.split(' ');
/** Other modalities (PS3.3 C.7.3.1.1.1). */
const OTHERS = (
  'AR ASMT AU BDUS BI BMD CT CTPROTOCOL DG DOC ECG EEG EMG EOG EPS ES FID GM HC HD IO IVOCT IVUS KER KO LEN LS MG MR M3D ' +
  'NM OAM OCT OP OPM OPT OPTBSV OPTENF OPV OSS PA PLAN POS PR PT PX REG RESP RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD ' +
  'RTRECORD RTSEGANN RTSTRUCT RWV SEG SM SMR SR SRF STAIN TEXTUREMAP TG US VA XA'
).split(' ');

/** SOP classes (PS3.4 B.5) that tell the modality where the file does not. */
const BY_SOP_CLASS: readonly [prefix: string, modality: string][] = [
  ['1.2.840.10008.5.1.4.1.1.1.2', 'MG'],
  ['1.2.840.10008.5.1.4.1.1.1.3', 'IO'],
  ['1.2.840.10008.5.1.4.1.1.2', 'CT'],
  ['1.2.840.10008.5.1.4.1.1.3', 'US'],
  ['1.2.840.10008.5.1.4.1.1.4', 'MR'],
  ['1.2.840.10008.5.1.4.1.1.6', 'US'],
  ['1.2.840.10008.5.1.4.1.1.20', 'NM'],
  ['1.2.840.10008.5.1.4.1.1.12.1', 'XA'],
  ['1.2.840.10008.5.1.4.1.1.128', 'PT'],
];

const CHEST =
  /^(CHEST|THORAX|THORACIC|TORAX|LUNGS?|PULMONARY|CXR|RIBS?|STERNUM|CLAVICLE|HEART|MEDIASTINUM|AIRWAY|WHOLEBODY)$/;
/** Terms of PS3.16 annex L, as single words, that name another part. */
const ELSEWHERE = new Set(
  (
    'ABDOMEN ABDOMINAL ACJOINT ANKLE ARM BRAIN BREAST CALCANEUS CALF CERVICAL COCCYX COLON CSPINE CTSPINE EAR ELBOW EXTREMITY ' +
    'EYE FACE FACIAL FEMUR FINGER FINGERS FOOT FOREARM HAND HEAD HIP HIPS HUMERUS IAC JAW KIDNEY KNEE KNEES LEG LIVER LSPINE ' +
    'LSSPINE LUMBAR MANDIBLE MAXILLA MOUTH NASAL NECK NOSE ORBIT ORBITS PANCREAS PATELLA PELVIS RADIUS SACRUM SCAPULA SELLA ' +
    'SHOULDER SINUS SINUSES SKULL SPINE SSPINE STOMACH TEETH THIGH THUMB TIBIA TLSPINE TMJ TOE TOES TOOTH TSPINE ULNA UTERUS ' +
    'WRIST ZYGOMA'
  ).split(' '),
);

/** Reads modality, body part, view and presentation intent. */
export function subjectOf(dataSet: DataSet): DicomSubject {
  const sop = dataSet.text(TAG.sopClass) ?? '';
  const said = dataSet.text(TAG.modality)?.toUpperCase();
  const modality =
    said === undefined
      ? BY_SOP_CLASS.find(([prefix]) => sop === prefix || sop.startsWith(`${prefix}.`))?.[1]
      : [...RADIOGRAPHS, ...OTHERS].find((known) => known === said);
  const position = dataSet.text(TAG.viewPosition);
  const code = dataSet.item(TAG.viewCode)?.text(TAG.codeMeaning);
  return {
    modality,
    bodyPart: bodyPartOf(dataSet),
    ...viewOf(position, code, dataSet.texts(TAG.patientOrientation)),
    forProcessing: dataSet.text(TAG.presentationIntent) === 'FOR PROCESSING',
  };
}

/** Why the header says that this is no radiograph of a chest; undefined where it says so or says nothing. */
export function notAChest({ modality, bodyPart }: DicomSubject): string | undefined {
  const other = modality !== undefined && OTHERS.includes(modality);
  const elsewhere = bodyPart !== undefined && !CHEST.test(bodyPart);
  if (!other && !elsewhere) return undefined;
  const said = [modality && `modality ${modality}`, bodyPart && `body part ${bodyPart}`].filter(Boolean);
  return `${said.join(', ')} by its header: not a chest radiograph`;
}

function bodyPartOf(dataSet: DataSet): string | undefined {
  const frame = dataSet.item(TAG.sharedGroups)?.item(TAG.frameAnatomy);
  const codes = [dataSet, ...(frame ? [frame] : [])].map((set) =>
    set.item(TAG.anatomicRegion)?.text(TAG.codeMeaning),
  );
  for (const text of [dataSet.text(TAG.bodyPart), ...codes]) {
    const words = (text ?? '').toUpperCase().split(/[^A-Z]+/);
    const found = words.find((word) => CHEST.test(word)) ?? words.find((word) => ELSEWHERE.has(word));
    if (found) return found;
  }
  return undefined;
}

function viewOf(
  position: string | undefined,
  code: string | undefined,
  [row, column]: readonly string[],
): Pick<DicomSubject, 'view' | 'viewPosition'> {
  const kind = viewKind(position);
  if (kind === 'frontal' || kind === 'lateral') return { view: kind, viewPosition: position };
  if (/\blateral\b/i.test(code ?? '')) return { view: 'lateral' };
  if (/\b(antero-?posterior|postero-?anterior|frontal)\b/i.test(code ?? '')) return { view: 'frontal' };
  if (kind === 'other') return { view: kind };
  if (/^[FH]/.test(column ?? '') && /^[AP]/.test(row ?? '')) return { view: 'lateral' };
  return { view: 'unknown' };
}
