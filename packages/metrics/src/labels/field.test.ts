import { expect, it } from 'vitest';
import { describeWithShared, parseTable, readShared } from '../testing/shared';
import { CLASSES, holds, NAMES, type Said } from '../testing/short-labels';
import type { ChexpertClass } from './classes';
import { labelReport } from './labeler';

/** What the right answer is, per case and row; read from the case's sources, not from what the labeler says. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  'L01-comma-back': [
    'none. effusion+',
    'none. fracture+ pneumothorax-',
    'none. heart+ edema-',
    'none. device+ pneumothorax-',
    'none. opacity+ pneumonia?',
    'none. effusion+',
  ],
  'L02-comma-forward': [
    'effusion+ pneumothorax- heart+',
    'heart+ none.',
    'pneumothorax- effusion+',
    'pneumothorax+ none.',
    'edema- effusion+',
    'consolidation- effusion+',
  ],
  'L03-lines': [
    'pneumothorax- effusion+ edema+',
    'pneumothorax- effusion+',
    'consolidation- effusion+ heart+',
    'effusion- edema+',
    'effusion- pneumothorax+',
    'effusion- edema+',
  ],
  'L04-sections': ['none+ only', 'none+ pneumothorax-', 'none+ only', 'none+ effusion-', 'only'],
  'L05-contractions': ['effusion-', 'pneumothorax-', 'consolidation-', 'effusion-', 'pneumothorax?'],
  'L06-abbreviation-stop': [
    'atelectasis? pneumonia?',
    'effusion? pleura?',
    'effusion-',
    'pneumothorax-',
    'atelectasis? pneumonia?',
  ],
  'L07-no-longer': [
    'pneumothorax-',
    'effusion-',
    'consolidation-',
    'pneumothorax-',
    'effusion-',
    'pneumothorax-',
  ],
  'L08-rather-than': [
    'pneumonia- opacity+ atelectasis+',
    'pneumonia? atelectasis+',
    'pneumonia? atelectasis+',
    'pneumonia-',
    'pneumonia-',
    'consolidation-',
    'pneumonia?',
  ],
  'L10-uncertain': ['pneumonia?', 'effusion?', 'pneumothorax?', 'pneumothorax?', 'pneumonia!-', 'device!-'],
  'L11-no-finding': [
    'pleura+ none.',
    'opacity+ none.',
    'none.',
    'none.',
    'none.',
    'none.',
    'none.',
    'device+',
  ],
  'L20-full-stop': ['fracture- none+ only', 'fracture- none+ only'],
  'L21-without-evidence': ['opacity- pneumothorax- effusion- heart!+ ecm-'],
  'L22-no-change': ['consolidation+', 'consolidation+', 'effusion+', 'effusion+'],
  'L23-glued-number': [
    'pneumonia- edema+',
    'pneumothorax- effusion+ edema-',
    'consolidation- edema+',
    'pneumothorax- effusion+',
    'effusion- opacity+',
  ],
  'L24-normal-pair': ['heart- ecm-', 'heart- ecm-'],
};

const folder = 'field/text/inputs/';

describeWithShared('reports as they are written: public bug reports', [`${folder}L01-comma-back.csv`], () => {
  it.each(Object.entries(CASES))('%s', (name, expected) => {
    const rows = parseTable(readShared(`${folder}${name}.csv`));
    expect(rows).toHaveLength(expected.length);
    rows.forEach(({ report }, i) => {
      const labels = labelReport(report!);
      const wanted = expected[i]!.split(' ');
      for (const item of wanted.filter((word) => word !== 'only')) {
        const [, short, said] = /^([a-z]+)(.+)$/.exec(item)! as unknown as [string, string, Said];
        expect(holds(labels[CLASSES[short]!], said), `row ${i + 1}: ${item}; ${JSON.stringify(labels)}`).toBe(
          true,
        );
      }
      if (!wanted.includes('only')) return;
      const more = (Object.keys(labels) as ChexpertClass[]).filter(
        (label) => !wanted.some((item) => item.startsWith(`${NAMES.get(label)}`)),
      );
      expect(more, `row ${i + 1}`).toEqual([]);
    });
  });
});
