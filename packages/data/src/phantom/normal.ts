import type { RegionName } from '@raca/core/regions';
import type { FindingKind } from './findings';
import type { Group, Statement } from './phrases';

/** A statement that all is well, and what must be absent for it to be true. */
export interface NormalStatement extends Statement {
  readonly absent: readonly (FindingKind | 'shift' | 'gasless' | 'shallow' | 'deep')[];
  /** Statements with a topic in common are not said twice. */
  readonly topics: readonly string[];
  readonly weight: number;
}

const AIRSPACE = ['consolidation', 'opacity', 'edema', 'atelectasis'] as const;
const LESIONS = ['nodule', 'mass'] as const;

const normal = (
  weight: number,
  topics: string,
  group: Group,
  regions: readonly RegionName[],
  absent: NormalStatement['absent'],
  templates: readonly string[],
): NormalStatement => ({ weight, topics: topics.split(' '), group, regions, absent, templates });

export const NORMAL: readonly NormalStatement[] = [
  normal(
    5,
    'heart',
    'heart',
    ['Heart'],
    ['cardiomegaly'],
    [
      'the heart is normal in size',
      'heart size is [normal|within normal limits]',
      'the heart size is normal',
      'cardiac size is normal',
    ],
  ),
  normal(
    4,
    'heart mediastinum',
    'heart',
    ['Heart', 'Mediastinum'],
    ['cardiomegaly', 'wide mediastinum', 'tortuous aorta', 'shift'],
    [
      'the cardiomediastinal silhouette is [normal|within normal limits|unremarkable]',
      'heart and mediastinum are [normal|within normal limits|unremarkable]',
      'normal cardiomediastinal silhouette',
    ],
  ),
  normal(
    3,
    'mediastinum',
    'mediastinum',
    ['Mediastinum'],
    ['wide mediastinum', 'tortuous aorta', 'shift'],
    [
      'the mediastinum is [normal|within normal limits|unremarkable]',
      'mediastinal contours are [normal|within normal limits|unremarkable]',
    ],
  ),
  normal(
    6,
    'lungs consolidation',
    'lungs',
    ['Lung fields'],
    [...AIRSPACE, ...LESIONS, 'pneumothorax', 'effusion', 'hyperinflation', 'pleural thickening'],
    ['the lungs are [clear|clear bilaterally]', 'lungs are clear', 'both lungs are clear'],
  ),
  normal(
    3,
    'consolidation',
    'lungs',
    ['Lung fields'],
    ['consolidation'],
    ['there is no focal consolidation', 'no focal consolidation is seen', 'no [evidence of|] consolidation'],
  ),
  normal(
    2,
    'consolidation',
    'lungs',
    ['Lung fields'],
    [...AIRSPACE, ...LESIONS],
    ['no focal airspace [opacity|disease]', 'there is no focal airspace disease'],
  ),
  normal(2, 'lesion', 'lungs', ['Lung fields'], LESIONS, [
    'no [suspicious|] pulmonary nodule or mass',
    'there is no [suspicious|] nodule or mass',
  ]),
  normal(
    5,
    'effusion pneumothorax',
    'pleura',
    ['Costophrenic angles', 'Lung fields'],
    ['effusion', 'pneumothorax'],
    [
      'there is no pleural effusion or pneumothorax',
      'no pneumothorax or pleural effusion',
      'no [evidence of|] pleural effusion or pneumothorax',
    ],
  ),
  normal(
    3,
    'effusion pneumothorax consolidation',
    'lungs',
    ['Lung fields', 'Costophrenic angles'],
    ['consolidation', 'effusion', 'pneumothorax'],
    [
      'no focal consolidation pleural effusion or pneumothorax',
      'there is no focal consolidation pneumothorax or pleural effusion',
    ],
  ),
  normal(
    2,
    'effusion',
    'pleura',
    ['Costophrenic angles'],
    ['effusion'],
    ['there is no pleural effusion', 'no pleural effusion [is seen|]'],
  ),
  normal(
    2,
    'pneumothorax',
    'pleura',
    ['Lung fields'],
    ['pneumothorax'],
    ['there is no pneumothorax', 'no pneumothorax [is seen|]'],
  ),
  normal(
    2,
    'angles',
    'pleura',
    ['Costophrenic angles'],
    ['effusion', 'hyperinflation', 'pleural thickening', 'raised diaphragm'],
    ['the costophrenic angles are [sharp|clear]', 'costophrenic angles are sharp bilaterally'],
  ),
  normal(
    3,
    'vessels',
    'lungs',
    ['Pulmonary vasculature'],
    ['edema'],
    [
      'pulmonary vascularity is [normal|within normal limits]',
      'the pulmonary vasculature is [normal|unremarkable]',
      'no pulmonary edema',
    ],
  ),
  normal(
    1,
    'vessels',
    'mediastinum',
    ['Pulmonary vasculature'],
    ['edema', ...LESIONS],
    ['the hila are [normal|unremarkable]'],
  ),
  normal(
    2,
    'bones ribs',
    'bones',
    ['Ribs', 'Clavicles', 'Spine'],
    ['fracture', 'scoliosis'],
    [
      'no acute bony abnormality',
      'osseous structures are [intact|unremarkable]',
      'the bony thorax is intact',
    ],
  ),
  normal(
    1.5,
    'ribs',
    'bones',
    ['Ribs'],
    ['fracture'],
    ['no [displaced|] rib fracture', 'the ribs are intact'],
  ),
  normal(1.5, 'clavicles', 'bones', ['Clavicles'], [], ['the clavicles are [intact|unremarkable]']),
  normal(
    1,
    'shoulders',
    'bones',
    ['Shoulders'],
    [],
    ['the shoulders are [intact|unremarkable]', 'shoulder joints are unremarkable'],
  ),
  normal(
    2,
    'spine',
    'bones',
    ['Spine'],
    ['scoliosis'],
    ['the thoracic spine is [unremarkable|normally aligned]', 'thoracic spine alignment is normal'],
  ),
  normal(
    2,
    'airway',
    'mediastinum',
    ['Airways'],
    ['shift', 'scoliosis'],
    ['the trachea is central', 'trachea and main bronchi are unremarkable'],
  ),
  normal(
    2,
    'diaphragm',
    'other',
    ['Diaphragm'],
    ['effusion', 'hyperinflation', 'raised diaphragm', 'shift'],
    ['the diaphragm is [normal|unremarkable]', 'both hemidiaphragms are well defined'],
  ),
  normal(
    1,
    'abdomen',
    'other',
    ['Abdomen'],
    ['gasless'],
    ['there is gas in the stomach below the left hemidiaphragm', 'gastric air bubble is seen'],
  ),
  normal(
    1.5,
    'abdomen',
    'other',
    ['Abdomen'],
    [],
    ['the upper abdomen is unremarkable', 'visualized upper abdomen is [normal|unremarkable]'],
  ),
  normal(
    4,
    'volumes',
    'lungs',
    ['Lung fields', 'Diaphragm'],
    ['deep', 'hyperinflation', 'raised diaphragm'],
    ['lung volumes are low', 'low lung volumes', 'shallow inspiration'],
  ),
];
