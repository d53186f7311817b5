import { labelReport } from '../labels/labeler';
import type { CorpusMetric, PairMetric, ReportPair } from '../types';
import { type AttributesByFinding, attributesByFinding, commonAttributes } from './attribute-words';
import { type StudyConsistency, type StudyWords, studyConsistency } from './consistency';

const KEY = 'icon-consistency/rules';
const INFO = {
  name: 'icon-consistency',
  keys: [KEY, `${KEY}/reference`, 'icon-consistency/support/studies'],
  direction: 'higher',
} as const;

/**
 * ICON's consistency: do reports of studies that show the same say the same? `icon-consistency/rules` is the mean, over studies
 * that have others like them, of the overlap of their reports' attribute words; `…/reference` multiplies by the overlap with the
 * own reference; `icon-consistency/support/studies` counts those studies (0 of nothing where there are none). Findings come from
 * the rule labeler, attribute words (30 a finding, of the references) from the rule graph, where the published score
 * has CheXbert and RadGraph: another number, under a name of its own. Resampling keeps each study's partners.
 */
export const iconConsistency = (): CorpusMetric => ({ ...INFO, over });

function over(pairs: readonly ReportPair[]): PairMetric {
  const references = pairs.map(({ reference }) => attributesByFinding(reference));
  const words = commonAttributes(references);
  const studies = pairs.map(({ reference, hypothesis }, i) => ({
    findings: findingsOf(reference),
    reference: within(words, references[i]!),
    generated: within(words, attributesByFinding(hypothesis)),
  }));
  return consistencyMetric(pairs, studies);
}

/** The metric of studies whose findings and words are given. */
export function consistencyMetric(pairs: readonly ReportPair[], studies: readonly StudyWords[]): PairMetric {
  const measured = studyConsistency(studies);
  const known = new Map<string, StudyConsistency | null>(pairs.map(({ id }, i) => [id, measured[i]!]));
  return {
    ...INFO,
    sums({ id }) {
      const own = known.get(id);
      if (own === undefined) throw new Error(`icon-consistency: expected a study of the set, got "${id}"`);
      return own === null ? [0, 0, 0] : [own.consistency, own.consistency * own.own, 1];
    },
    value: ([sum = 0, times = 0, count = 0]) =>
      count === 0 ? [0, 0, 0] : [sum / count, times / count, count],
    perReport: {
      keys: INFO.keys.slice(0, 2),
      value: ([consistency = 0, times = 0, counts = 0]) =>
        counts === 0 ? [Number.NaN, Number.NaN] : [consistency, times],
    },
    resampled: {
      keys: INFO.keys.slice(0, 2),
      value: ([sum = 0, times = 0, count = 0]) => (count === 0 ? [0, 0] : [sum / count, times / count]),
    },
  };
}

/** Findings that are there or in doubt. */
function findingsOf(report: string): Set<string> {
  const labels = Object.entries(labelReport(report));
  return new Set(labels.flatMap(([name, value]) => (value !== 0 && name !== 'No Finding' ? [name] : [])));
}

const within = (words: ReadonlySet<string>, attributes: AttributesByFinding): Set<string> =>
  new Set([...attributes.values()].flat().filter((word) => words.has(word)));
