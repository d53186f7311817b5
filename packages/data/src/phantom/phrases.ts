import type { RegionName } from '@raca/core/regions';
import type { Degree, Finding, Lobe, Side } from './findings';

/** Which part of a report a sentence belongs to. */
export type Group = 'heart' | 'mediastinum' | 'lungs' | 'pleura' | 'bones' | 'other' | 'devices';

/** Templates of one statement: `[a|b]` picks one of the words, possibly none. */
export interface Statement {
  readonly group: Group;
  readonly regions: readonly RegionName[];
  readonly templates: readonly string[];
}

export const statement = (
  group: Group,
  regions: readonly RegionName[],
  templates: readonly string[],
): Statement => ({
  group,
  regions,
  templates,
});

const MILD: Record<Degree, string> = { 1: 'mild', 2: 'moderate', 3: '[severe|marked]' };
const MILDLY: Record<Degree, string> = { 1: 'mildly', 2: 'moderately', 3: '[severely|markedly]' };
const SMALL: Record<Degree, string> = { 1: 'small', 2: 'moderate', 3: 'large' };

/** Name of a lung zone, e.g. `right lower lobe` or `left mid lung`. */
export function zone(side: Side, lobe: Lobe): string {
  if (lobe === 'middle')
    return side === 'left' ? '[lingula|left mid lung]' : '[right middle lobe|right mid lung]';
  return `${side} ${lobe} [lobe|lung zone]`;
}

/** What a report says about one finding, or about several that share a sentence. */
export function positive(finding: Finding, partner?: Finding): Statement {
  const { kind, degree, side = 'left', lobe = 'lower' } = finding;
  const where = zone(side, lobe);
  switch (kind) {
    case 'cardiomegaly':
      return statement(
        'heart',
        ['Heart'],
        [
          `there is ${MILD[degree]} cardiomegaly`,
          `the heart is ${MILDLY[degree]} enlarged`,
          `heart size is ${MILDLY[degree]} enlarged`,
          `${MILD[degree]} enlargement of the cardiac silhouette`,
          `${MILD[degree]} cardiomegaly is [present|noted|seen]`,
        ],
      );
    case 'wide mediastinum':
      return statement(
        'mediastinum',
        ['Mediastinum'],
        [
          'the mediastinum is widened',
          'there is widening of the [superior|upper] mediastinum',
          'widened mediastinal silhouette is [noted|seen]',
          'there is [mediastinal widening with|] an enlarged cardiomediastinal contour',
        ],
      );
    case 'effusion': {
      const which = partner ? 'bilateral' : side;
      const s = partner ? 's' : '';
      const are = partner ? 'are' : 'is';
      const angle = partner ? 'both costophrenic angles' : `the ${side} costophrenic angle`;
      const a = partner ? '' : 'a ';
      return statement(
        'pleura',
        ['Costophrenic angles', ...(degree > 1 ? (['Diaphragm'] as const) : [])],
        [
          `there ${are} ${a}${SMALL[degree]} ${which} pleural effusion${s}`,
          `${a}${SMALL[degree]} ${which} pleural effusion${s} ${are} [present|noted|seen]`,
          degree === 1
            ? `blunting of ${angle} from ${a}small effusion${s}`
            : `${a}${SMALL[degree]} ${which} pleural effusion${s} obscure${s ? '' : 's'} the ${partner ? 'hemidiaphragms' : `${side} hemidiaphragm`}`,
        ],
      );
    }
    case 'consolidation':
      if (finding.pneumonia) {
        const both = partner
          ? `the ${where} and the ${zone(partner.side ?? 'left', partner.lobe ?? 'lower')}`
          : where;
        return statement(
          'lungs',
          ['Lung fields'],
          [
            `multifocal pneumonia with consolidation in ${both}`,
            `there is bilateral pneumonia with consolidation in ${both}`,
            `bilateral consolidation in ${both} due to pneumonia`,
          ],
        );
      }
      return statement(
        'lungs',
        ['Lung fields'],
        [
          `there is [focal|dense|] consolidation in the ${where}`,
          `[focal|dense|airspace] consolidation is [seen|present|noted] in the ${where}`,
          `the ${where} shows [focal|dense|] consolidation`,
        ],
      );
    case 'opacity':
      return statement(
        'lungs',
        ['Lung fields'],
        [
          `there is [patchy|hazy|ill defined] opacity in the ${where}`,
          `[patchy|hazy|ill defined] opacity is [seen|present|noted] in the ${where}`,
          `the ${where} shows a [patchy|hazy] opacity`,
        ],
      );
    case 'nodule':
      return statement(
        'lungs',
        ['Lung fields'],
        [
          `there is a [rounded|solitary|] nodule in the ${where}`,
          `a [rounded|solitary|small] nodule projects over the ${where}`,
          `[rounded|solitary] pulmonary nodule in the ${where}`,
        ],
      );
    case 'mass':
      return statement(
        'lungs',
        ['Lung fields'],
        [
          `there is a [large|rounded|] mass in the ${where}`,
          `a [large|rounded|] mass is [seen|present|noted] in the ${where}`,
          `[large|rounded] mass projecting over the ${where}`,
        ],
      );
    case 'pneumothorax': {
      const apical = degree === 1 ? '[apical|] ' : '';
      return statement(
        'pleura',
        ['Lung fields'],
        [
          `there is a ${SMALL[degree]} ${side} ${apical}pneumothorax`,
          `a ${SMALL[degree]} ${side} ${apical}pneumothorax is [seen|present|noted]`,
          `${SMALL[degree]} pneumothorax on the ${side}`,
        ],
      );
    }
    case 'atelectasis':
      return degree === 3
        ? statement(
            'lungs',
            ['Lung fields', 'Diaphragm'],
            [
              `${where} atelectasis with volume loss`,
              `there is atelectasis of the ${where} with volume loss`,
            ],
          )
        : statement(
            'lungs',
            ['Lung fields'],
            [
              `there is [linear|bandlike|discoid] atelectasis at the ${side} [base|lung base]`,
              `[linear|bandlike|discoid|subsegmental] atelectasis is [seen|noted] at the ${side} lung base`,
              `${side} basilar atelectasis`,
            ],
          );
    case 'edema':
      return statement(
        'lungs',
        ['Lung fields', 'Pulmonary vasculature'],
        [
          `there is ${MILD[degree]} pulmonary edema`,
          `${MILD[degree]} [perihilar|interstitial|diffuse] pulmonary edema is [seen|present|noted]`,
          `pulmonary vascular congestion with ${MILD[degree]} edema`,
        ],
      );
    case 'fracture':
      return statement(
        'bones',
        ['Ribs'],
        [
          `there is a displaced fracture of a ${side} rib`,
          `displaced ${side} rib fracture`,
          `a ${side} rib fracture is [seen|present|noted]`,
        ],
      );
    case 'pleural thickening':
      return statement(
        'pleura',
        ['Lung fields'],
        [
          `there is ${side} [apical and lateral|] pleural thickening`,
          `pleural thickening is [seen|noted] on the ${side}`,
        ],
      );
    case 'device':
      return device(finding);
    case 'hyperinflation':
      return statement(
        'lungs',
        ['Lung fields', 'Diaphragm'],
        [
          'the lungs are hyperinflated with flattened diaphragms',
          'hyperinflated lungs with flattening of the diaphragms',
        ],
      );
    case 'scoliosis':
      return statement(
        'bones',
        ['Spine'],
        ['there is scoliosis of the thoracic spine', 'thoracic scoliosis is [present|noted]'],
      );
    case 'degenerative spine':
      return statement('bones', ['Spine'], ['there are degenerative changes of the thoracic spine']);
    case 'raised diaphragm':
      return statement(
        'other',
        ['Diaphragm'],
        [`there is elevation of the ${side} hemidiaphragm`, `the ${side} hemidiaphragm is elevated`],
      );
    case 'tortuous aorta':
      return statement(
        'mediastinum',
        ['Mediastinum'],
        ['the aorta is tortuous', 'the thoracic aorta [is|appears] tortuous'],
      );
  }
}

function device({ device: what = 'pacemaker', side = 'left' }: Finding): Statement {
  switch (what) {
    case 'pacemaker':
      return statement(
        'devices',
        ['Heart', 'Mediastinum'],
        [
          `${side} chest pacemaker with lead over the right ventricle`,
          `a ${side} sided pacemaker is [present|noted|in place]`,
        ],
      );
    case 'central line':
      return statement(
        'devices',
        ['Mediastinum'],
        [
          `${side} central venous catheter with tip in the superior vena cava`,
          `a ${side} central venous catheter is [present|in place]`,
        ],
      );
    case 'endotracheal tube':
      return statement(
        'devices',
        ['Airways'],
        ['endotracheal tube tip is above the carina', 'an endotracheal tube is in place'],
      );
    case 'chest tube':
      return statement(
        'devices',
        ['Lung fields'],
        [`a ${side} chest tube is in place`, `${side} sided chest tube is [present|noted]`],
      );
    case 'clips':
      return statement('devices', ['Mediastinum'], ['surgical clips are [present|noted]']);
    case 'valve':
      return statement(
        'devices',
        ['Heart', 'Mediastinum'],
        [
          'sternotomy wires and a prosthetic heart valve are [present|noted]',
          'a prosthetic valve and sternotomy wires are in place',
        ],
      );
  }
}
