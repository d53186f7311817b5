import { FINDING_STATES, type FindingLabels, type FindingState } from '@raca/core';
import { CHEXPERT_14, type LabelValue, labelReport } from '@raca/metrics';

const STATE_OF: Readonly<Record<LabelValue, FindingState>> = {
  1: 'positive',
  0: 'negative',
  [-1]: 'uncertain',
};

/** What the rule labeler finds in each report, by the 14 classes of CheXpert. */
export function reportLabels(reports: readonly string[]): FindingLabels {
  const states = reports.flatMap((report) => {
    const labels = labelReport(report);
    return CHEXPERT_14.map((name): number => {
      const value = labels[name];
      return FINDING_STATES.indexOf(value === undefined ? 'blank' : STATE_OF[value]);
    });
  });
  return { names: CHEXPERT_14, states: Uint8Array.from(states) };
}

/** Whether {@link reportLabels} says something of every finding; a head of somebody's own may have others. */
export const areLabelled = (findings: readonly string[]): boolean =>
  findings.every((name) => CHEXPERT_14.some((known) => known === name));
