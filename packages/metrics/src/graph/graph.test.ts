import { describe, expect, it } from 'vitest';
import { measure } from '../measure';
import { graphF1 } from './f1';
import { extractGraph } from './graph';
import { radgraphRulesF1 } from './radgraph-rules';

function show(text: string) {
  const { entities, relations } = extractGraph(text);
  return {
    entities: entities.map(({ text, label }) => `${text} ${label}`),
    relations: relations.map(({ from, to, kind }) => `${entities[from]!.text} ${kind} ${entities[to]!.text}`),
  };
}

describe('extractGraph', () => {
  it('gives what the documentation of the radgraph package shows for its example', () => {
    const { entities, relations } = show(
      'No evidence of acute cardiopulmonary process. Moderate hiatal hernia.',
    );
    expect(entities).toEqual([
      'acute OBS-DA',
      'cardiopulmonary ANAT-DP',
      'process OBS-DA',
      'moderate OBS-DP',
      'hiatal ANAT-DP',
      'hernia OBS-DP',
    ]);
    expect(relations.sort()).toEqual([
      'acute modify process',
      'hernia located_at hiatal',
      'moderate modify hernia',
      'process located_at cardiopulmonary',
    ]);
  });

  // Read by hand after RadGraph's guidelines.
  const cases: [string, string[], string[]][] = [
    ['The lungs are clear.', ['lungs ANAT-DP', 'clear OBS-DP'], ['clear located_at lungs']],
    [
      'Possible small left pleural effusion.',
      ['small OBS-U', 'left ANAT-DP', 'pleural ANAT-DP', 'effusion OBS-U'],
      ['effusion located_at pleural', 'left modify pleural', 'small modify effusion'],
    ],
    [
      'No pneumothorax or pleural effusion.',
      ['pneumothorax OBS-DA', 'pleural ANAT-DP', 'effusion OBS-DA'],
      ['effusion located_at pleural'],
    ],
    [
      'Opacity in the left lower lobe consistent with pneumonia.',
      ['opacity OBS-DP', 'left ANAT-DP', 'lower ANAT-DP', 'lobe ANAT-DP', 'pneumonia OBS-DP'],
      ['left modify lobe', 'lower modify lobe', 'opacity located_at lobe', 'opacity suggestive_of pneumonia'],
    ],
    [
      'Heart size and mediastinum are normal.',
      ['heart ANAT-DP', 'size ANAT-DP', 'mediastinum ANAT-DP', 'normal OBS-DP'],
      ['normal located_at heart', 'normal located_at mediastinum', 'size modify heart'],
    ],
    [
      'The heart is normal in size.',
      ['heart ANAT-DP', 'normal OBS-DP', 'size ANAT-DP'],
      ['normal located_at heart', 'size modify heart'],
    ],
    ['Airspace disease.', ['airspace disease OBS-DP'], []],
    ['', [], []],
  ];
  it.each(cases)('%s', (text, entities, relations) => {
    const read = show(text);
    expect(read.entities).toEqual(entities);
    expect(read.relations.sort()).toEqual(relations);
  });

  it('keeps letters where asked', () => {
    const first = (options?: Parameters<typeof extractGraph>[1]) =>
      extractGraph('Lungs are clear but Heart is enlarged.', options).entities.map(({ text }) => text);
    expect(first()).toEqual(['lungs', 'clear', 'heart', 'enlarged']);
    expect(first({ letterCase: 'keep' })).toEqual(['Lungs', 'clear', 'Heart', 'enlarged']);
  });

  it('reads 10,000 words', () => {
    const { entities } = extractGraph('small left pleural effusion and clear right lung '.repeat(1250));
    expect(entities).toHaveLength(1250 * 7);
  });
});

describe('graphF1', () => {
  const f1 = (a: string, b: string) => graphF1(extractGraph(a), extractGraph(b));

  it('by hand', () => {
    // Entities: lungs, clear against heart, lungs, clear; relations 1 against 2.
    const result = f1('Lungs are clear.', 'Heart and lungs are clear.');
    expect(result.simple).toBeCloseTo(4 / 5, 12);
    expect(result.partial).toBeCloseTo(4 / 5, 12);
    // lungs, clear→lungs against heart, lungs, clear→heart, clear→lungs.
    expect(result.complete).toBeCloseTo(4 / 6, 12);
    expect(result.relation).toBeCloseTo(2 / 3, 12);
    expect(result.combined).toBeCloseTo((4 / 5 + 2 / 3) / 2, 12);
  });

  it('partial asks whether there is a relation, complete which', () => {
    // opacity→lung against opacity→heart: 1 of 2 entities; partial the same; complete none.
    expect(f1('Opacity in the lung.', 'Opacity in the heart.')).toMatchObject({
      simple: 1 / 2,
      partial: 1 / 2,
      complete: 0,
    });
    expect(f1('Opacity.', 'Opacity in the lung.')).toMatchObject({ simple: 2 / 3, partial: 0, complete: 0 });
  });

  it('a report agrees with itself, also without words; negation is another entity', () => {
    const one = { simple: 1, partial: 1, complete: 1, relation: 1, combined: 1 };
    for (const text of ['', 'effusion', 'Small left pleural effusion. Lungs are clear.']) {
      expect(f1(text, text)).toEqual(one);
    }
    expect(f1('Effusion.', '').simple).toBe(0);
    expect(f1('Effusion.', 'No effusion.').simple).toBe(0);
  });

  it('as a metric: mean over reports, key with the word rules', () => {
    const pairs = [
      { id: 'a', reference: 'Effusion.', hypothesis: 'Effusion.' },
      { id: 'b', reference: 'Effusion.', hypothesis: 'No effusion.' },
    ];
    const { corpus, perReport } = measure(radgraphRulesF1(), pairs);
    expect(corpus['radgraph-rules-f1/simple']).toBe(0.5);
    expect(perReport[1]!['radgraph-rules-f1/simple']).toBe(0);
    expect(measure(radgraphRulesF1({ letterCase: 'keep' }), pairs).corpus).toHaveProperty(
      'radgraph-rules-f1/combined+case',
    );
  });
});
