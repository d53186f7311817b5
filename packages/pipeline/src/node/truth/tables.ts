import type { ScoreTable } from '../../report-page';
import type { TruthScores } from './measure-truth';
import type { PointingScore } from './pointing';

const BED = ' (phantom: a test bed)';

/** Truth measures as tables of numbers: overlap by region and view, then what the text does. */
export function truthTables({ phantom, overlap, retrieval, erasure, pointing }: TruthScores): ScoreTable[] {
  const about = phantom ? BED : '';
  const [first] = overlap;
  const rows = first.regions.flatMap(({ region, view, studies }, i) =>
    studies === 0
      ? []
      : [
          {
            system: `${region}, view ${view + 1}`,
            scores: Object.fromEntries(overlap.map(({ system, regions }) => [system, regions[i].iou])),
          },
        ],
  );
  const means = (name: string, key: 'iou' | 'dice') => ({
    system: name,
    scores: Object.fromEntries(overlap.map(({ system, mean }) => [system, mean[key]])),
  });
  const tables: ScoreTable[] = [
    {
      title: `regions: mean IoU with the organs on patches${about}`,
      columns: overlap.map(({ system }) => ({ key: system, label: system, direction: 'higher' as const })),
      rows: [means('mean IoU', 'iou'), means('mean Dice', 'dice'), ...rows],
    },
  ];
  if (retrieval) {
    tables.push({
      title: `sentence → region by alignment, ${retrieval.untrained.sentences} sentences${about}`,
      columns: [
        { key: 'top1', label: 'top-1', direction: 'higher' },
        { key: 'mrr', label: 'mean reciprocal rank', direction: 'higher' },
        { key: 'chance', label: 'chance', direction: '' },
        { key: 'mostNamed', label: 'always the region most spoken of', direction: '' },
      ],
      rows: [
        ...(retrieval.model ? [{ system: 'model', scores: { ...retrieval.model } }] : []),
        { system: 'untrained alignment', scores: { ...retrieval.untrained } },
      ],
    });
  }
  if (erasure) {
    tables.push({
      title: `regions erased, ${erasure.findings} positive findings${about}`,
      columns: [
        { key: 'ownHurtsMore', label: 'own region hurts more', direction: 'higher' },
        { key: 'ownChange', label: 'change of ln p, own', direction: '' },
        { key: 'randomChange', label: 'change of ln p, random', direction: '' },
      ],
      rows: [{ system: 'model', scores: { ...erasure } }],
    });
  }
  if (pointing) {
    tables.push({
      title: `where the decoder looks (pointing game), ${pointing.findings} positive findings${about}`,
      columns: [
        { key: 'hits', label: 'best patch in the region', direction: 'higher' },
        { key: 'relative', label: 'patch gaining most on other sentences', direction: 'higher' },
        { key: 'others', label: 'that of other sentences', direction: '' },
        { key: 'mass', label: 'attention in the region', direction: 'higher' },
        { key: 'chance', label: 'chance', direction: '' },
        { key: 'findings', label: 'findings', direction: '' },
      ],
      rows: [
        { system: 'all findings', scores: numbersOf(pointing) },
        ...Object.entries(pointing.classes).map(([system, score]) => ({ system, scores: numbersOf(score) })),
      ],
    });
  }
  return tables;
}

const numbersOf = ({
  hits,
  relative,
  others,
  mass,
  chance,
  findings,
}: PointingScore): Record<string, number> => ({
  hits,
  relative,
  others,
  mass,
  chance,
  findings,
});
