import type { RegionName } from '@raca/core/regions';
import { describe, expect, it } from 'vitest';
import type { Study } from '../dataset';
import { cleanReport } from '../text/clean';
import { annotateMissing, annotateReport } from './annotate-report';
import { lexiconAnnotator } from './lexicon';

/** Sentences made up for this test, with the regions a reader would give them. */
const cases: [string, RegionName[]][] = [
  ['heart size is normal', ['Heart']],
  ['the cardiomediastinal silhouette is unremarkable', ['Heart', 'Mediastinum']],
  ['no pleural effusion or pneumothorax', ['Lung fields', 'Costophrenic angles']],
  ['the pulmonary vasculature is normal', ['Pulmonary vasculature']],
  ['mild pulmonary edema', ['Lung fields', 'Pulmonary vasculature']],
  ['trachea is midline', ['Airways']],
  ['calcified right paratracheal node', ['Mediastinum']],
  ['retrocardiac opacity', ['Lung fields']],
  ['the cardiac apex points left', ['Heart']],
  ['bony structures are intact', ['Spine', 'Ribs', 'Clavicles']],
  ['bony structures show a healed clavicle fracture', ['Clavicles']],
  ['old fracture of a left rib', ['Ribs']],
  ['mild degenerative changes', ['Spine']],
  ['the right hemidiaphragm is elevated', ['Diaphragm']],
  ['low lung volumes', ['Lung fields', 'Diaphragm']],
  ['clips in the right upper quadrant', ['Abdomen']],
  ['arthritis of both shoulders', ['Shoulders']],
  ['there is a small nodule', ['Lung fields']],
  ['a nodule over the spine', ['Lung fields', 'Spine']],
  ['blunted left costophrenic angle', ['Costophrenic angles']],
  ['hilar adenopathy', ['Pulmonary vasculature']],
  ['no adenopathy', ['Pulmonary vasculature', 'Mediastinum']],
  ['an azygos lobe', ['Lung fields']],
  ['wedge shaped opacity', ['Lung fields']],
  ['wedge shaped deformity of t12', ['Spine']],
  ['clear lungs and no fracture', ['Lung fields', 'Ribs']],
  ['fracture of a finger', []],
  ['external cardiac monitor', []],
  ['large heart and the pulmonary xxxx are wide', ['Heart', 'Pulmonary vasculature']],
  ['xxxx-a-xxxx on the left', ['Mediastinum']],
  ['pa and lateral views were obtained', []],
  ['', []],
  ['portable film', []],
  // Abbreviations and British spelling, as the labeler reads them.
  ['ptx on the right', ['Lung fields']],
  ['no chf', ['Lung fields', 'Pulmonary vasculature']],
  ['mild oedema', ['Lung fields', 'Pulmonary vasculature']],
  ['left haemothorax', ['Costophrenic angles']],
  ['haemopneumothorax', ['Lung fields', 'Costophrenic angles']],
  ['oesophageal dilatation', ['Mediastinum']],
  ['ett 3 cm above the carina', ['Airways']],
  ['ngt in the stomach', ['Abdomen']],
  ['rul pna', ['Lung fields']],
];

describe('lexiconAnnotator', () => {
  it.each(cases)('%s', (sentence, regions) => {
    expect(lexiconAnnotator.annotate([sentence])).toEqual([regions]);
  });

  it('reads sentences before and after cleaning alike', () => {
    const [raw, cleaned] = lexiconAnnotator.annotate(['Port-A-Cath tip: SVC.', 'portacath tip svc']);
    expect([raw, cleaned]).toEqual([['Mediastinum'], ['Mediastinum']]);
  });
});

describe('annotateReport', () => {
  it('list items are sentences of their own', () => {
    expect(annotateReport(cleanReport('- No pneumothorax\n- Moderate left effusion', 'iu_xray'))).toEqual({
      S1: ['Lung fields'],
      S2: ['Costophrenic angles'],
    });
  });

  it('numbers the sentences and leaves out those without a region', () => {
    expect(annotateReport('heart normal . two views . lungs clear .')).toEqual({
      S1: ['Heart'],
      S3: ['Lung fields'],
    });
  });

  it('fills in only what is missing', () => {
    const study = (id: string, extra: Partial<Study> = {}): Study => ({
      id,
      report: 'Lungs clear.',
      image_path: ['0.png'],
      split: 'train',
      ...extra,
    });
    const given = { S1: ['Ribs'] };
    const { train } = annotateMissing(
      { train: [study('a'), study('b', { sentence_regions: given })], val: [], test: [] },
      'iu_xray',
    );
    expect(train.map((s) => s.sentence_regions)).toEqual([{ S1: ['Lung fields'] }, given]);
  });
});
