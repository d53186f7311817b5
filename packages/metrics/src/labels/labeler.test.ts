import { describe, expect, it } from 'vitest';
import { describeWithShared, parseCsv, readShared } from '../testing/shared';
import { CHEXPERT_14, type ChexpertClass, type LabelValue } from './classes';
import { findMentions, labelReport } from './labeler';
import { splitSentences } from './sentences';

const folder = 'data/chexpert_labeler_samples/';

describeWithShared('the sample reports of the CheXpert labeler', [`${folder}labeled_reports.csv`], () => {
  it('get the published labels', () => {
    const reports = parseCsv(readShared(`${folder}sample_reports.csv`)).map(([text]) => text!);
    const [header, ...rows] = parseCsv(readShared(`${folder}labeled_reports.csv`));
    expect(reports).toHaveLength(4);
    expect([...header!.slice(1)].sort()).toEqual([...CHEXPERT_14].sort());
    reports.forEach((report, i) => {
      const expected = Object.fromEntries(
        header!.slice(1).flatMap((name, c) => (rows[i]![c + 1] ? [[name, Number(rows[i]![c + 1])]] : [])),
      );
      expect(labelReport(report), report).toEqual(expected);
    });
  });
});

/** What the R2Gen line does to text. */
const clean = (text: string): string =>
  text
    .toLowerCase()
    .split('. ')
    .map((sentence) => sentence.replaceAll(/[.,?;*!%^&_+():[\]{}]/g, '').trim())
    .filter((sentence) => sentence !== '')
    .join(' . ')
    .concat(' .');

// Read by hand. Every case is tried raw and cleaned.
const cases: [text: string, label: ChexpertClass, value: LabelValue | undefined][] = [
  ['The heart is enlarged.', 'Cardiomegaly', 1],
  ['Moderate cardiomegaly.', 'Cardiomegaly', 1],
  ['The cardiac silhouette is mildly enlarged.', 'Cardiomegaly', 1],
  ['Mild enlargement of the cardiac silhouette.', 'Cardiomegaly', 1],
  ['There is severe enlargement of the heart.', 'Cardiomegaly', 1],
  ['Heart size is within normal limits.', 'Cardiomegaly', 0],
  ['Normal heart size.', 'Cardiomegaly', 0],
  ['The heart is normal in size.', 'Cardiomegaly', 0],
  ['The heart is not enlarged.', 'Cardiomegaly', 0],
  ['The heart size and mediastinal contours are within normal limits.', 'Cardiomegaly', 0],
  ['Heart size and mediastinal contour are normal.', 'Enlarged Cardiomediastinum', 0],
  ['The heart size is borderline enlarged.', 'Cardiomegaly', -1],
  ['The mediastinum is widened.', 'Enlarged Cardiomediastinum', 1],
  ['Widening of the superior mediastinum.', 'Enlarged Cardiomediastinum', 1],
  ['There is a wide mediastinum.', 'Enlarged Cardiomediastinum', 1],
  ['The cardiomediastinal silhouette is unremarkable.', 'Enlarged Cardiomediastinum', 0],
  ['No mediastinal widening.', 'Enlarged Cardiomediastinum', 0],
  ['Small left pleural effusion.', 'Pleural Effusion', 1],
  ['Blunting of the right costophrenic angle.', 'Pleural Effusion', 1],
  ['There is blunting of the left costophrenic angle.', 'Pleural Effusion', 1],
  ['The left costophrenic angle is blunted.', 'Pleural Effusion', 1],
  ['The costophrenic angles are sharp.', 'Pleural Effusion', 0],
  ['Chronic blunting of the costophrenic angle, likely scarring.', 'Pleural Effusion', -1],
  ['No pericardial effusion.', 'Pleural Effusion', undefined],
  ['No focal consolidation, pneumothorax, or pleural effusion.', 'Pleural Effusion', 0],
  ['There is no pleural effusion or pneumothorax.', 'Pneumothorax', 0],
  ['The lungs are clear without evidence of pneumothorax.', 'Pneumothorax', 0],
  ['The lungs are free of consolidation.', 'Consolidation', 0],
  ['Negative for pneumothorax.', 'Pneumothorax', 0],
  ['Pneumothorax is not seen.', 'Pneumothorax', 0],
  ['No pleural effusion is seen, and the heart is enlarged.', 'Cardiomegaly', 1],
  ['No pneumothorax but there is a small pleural effusion.', 'Pleural Effusion', 1],
  ['The pneumothorax has resolved.', 'Pneumothorax', 0],
  ['Interval resolution of the left effusion.', 'Pleural Effusion', 0],
  ['No significant change in the right pleural effusion.', 'Pleural Effusion', 1],
  ['Pneumonia cannot be excluded.', 'Pneumonia', -1],
  ['Opacity may represent pneumonia.', 'Pneumonia', -1],
  ['Opacity may represent pneumonia.', 'Lung Opacity', 1],
  ['Findings suspicious for pulmonary edema.', 'Edema', -1],
  ['Possible small effusion.', 'Pleural Effusion', -1],
  ['Atelectasis versus infiltrate in the left base.', 'Atelectasis', -1],
  ['Right lower lobe consolidation.', 'Consolidation', 1],
  ['Airspace opacity in the left lower lobe.', 'Lung Opacity', 1],
  ['There is a nodule in the right upper lobe.', 'Lung Lesion', 1],
  ['A 2.5 cm mass projects over the left hilum.', 'Lung Lesion', 1],
  ['No pulmonary nodule or mass.', 'Lung Lesion', 0],
  ['Calcified nodule in the left lung.', 'Lung Lesion', undefined],
  ['Large right pneumothorax.', 'Pneumothorax', 1],
  ['Left basilar atelectasis.', 'Atelectasis', 1],
  ['Mild pulmonary vascular congestion.', 'Edema', 1],
  ['Moderate pulmonary edema.', 'Edema', 1],
  ['No pulmonary edema or vascular congestion.', 'Edema', 0],
  ['Pulmonary vasculature is not engorged.', 'Edema', 0],
  ['Old healed fracture of the left clavicle.', 'Fracture', 1],
  ['Displaced rib fractures on the right.', 'Fracture', 1],
  ['No acute fracture.', 'Fracture', 0],
  ['No acute bony abnormality.', 'Fracture', undefined],
  ['Biapical pleural thickening.', 'Pleural Other', 1],
  ['A left chest pacemaker is in place.', 'Support Devices', 1],
  ['Right internal jugular central venous catheter with its tip in the SVC.', 'Support Devices', 1],
  ['Endotracheal tube tip 4 cm above the carina.', 'Support Devices', 1],
  ['A right chest port is present.', 'Support Devices', 1],
  ['Median sternotomy wires are intact.', 'Support Devices', 1],
  ['Single portable view of the chest.', 'Support Devices', undefined],
  ['The chest tube has been removed.', 'Support Devices', 0],
  ['No acute cardiopulmonary abnormality.', 'No Finding', 1],
  ['Median sternotomy wires. Lungs are clear.', 'No Finding', 1],
  ['Possible pneumonia.', 'No Finding', undefined],
  ['The lungs are hyperinflated.', 'No Finding', undefined],
  ['There is scoliosis of the thoracic spine.', 'No Finding', undefined],
  ['The left hemidiaphragm is elevated.', 'No Finding', undefined],
  ['No hiatal hernia.', 'No Finding', 1],
  ['The aorta is tortuous.', 'No Finding', 1],
  ['Surgical clips are present.', 'Support Devices', undefined],
  ['A prosthetic heart valve is present.', 'Support Devices', 1],
];

describe('labelReport', () => {
  it.each(cases)('%s → %s %s', (text, label, value) => {
    expect(labelReport(text)[label], 'raw').toBe(value);
    expect(labelReport(clean(text)), 'cleaned').toEqual(labelReport(text));
  });

  it('reads lists without commas', () => {
    expect(labelReport('no focal consolidation pneumothorax or pleural effusion .')).toEqual({
      'No Finding': 1,
      Consolidation: 0,
      Pneumothorax: 0,
      'Pleural Effusion': 0,
    });
  });

  it('lets positive win over uncertain, and uncertain over negative', () => {
    expect(labelReport('Possible effusion. No effusion.')['Pleural Effusion']).toBe(-1);
    expect(labelReport('Possible effusion. Left effusion. No right effusion.')['Pleural Effusion']).toBe(1);
  });

  it('tells where a label comes from', () => {
    expect(findMentions('Lungs are clear. There is no\npleural effusion.')).toEqual([
      {
        label: 'Pleural Effusion',
        value: 0,
        sentence: ' there is no pleural effusion ',
        phrase: 'effusion',
        cue: 'no',
      },
    ]);
  });
});

it('splits raw and cleaned sentences, not decimals or line breaks', () => {
  const raw = 'A 2.5 cm nodule\nis seen.No effusion.\n\nStable';
  expect(splitSentences(raw)).toEqual([' a 2.5 cm nodule is seen ', ' no effusion ', ' stable ']);
  expect(splitSentences('lungs are clear . no effusion .')).toEqual([' lungs are clear ', ' no effusion ']);
});
