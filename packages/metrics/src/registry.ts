import { bleu, meanSentenceBleu } from './bleu';
import { lateralityRate } from './checks/laterality';
import { measurementRate } from './checks/measurements';
import { priorExamRate } from './checks/prior-exam';
import { cider } from './cider';
import { clinicalF1 } from './clinical';
import { iconConsistency } from './consistency/icon';
import { radCliqRules } from './graph/radcliq-rules';
import { radgraphRulesF1 } from './graph/radgraph-rules';
import { meteor15, nltkMeteor } from './meteor/metrics';
import type { Resources } from './meteor/stages';
import type { Wordnet } from './meteor/wordnet';
import { withPtbTokens } from './ptb';
import { rougeL } from './rouge';
import { rougeScore } from './rouge-score';
import { sacreBleu } from './sacrebleu';
import { temporalF1 } from './temporal';
import type { Metric } from './types';

/** Metrics by name; each is made when it is asked for. */
export type MetricRegistry = Readonly<Record<string, () => Metric>>;

/**
 * Every metric of this package that needs nothing but text, by name: `bleu`, `sentence-bleu`, `rouge-l`,
 * `cider`, `meteor-1.5`, `sacrebleu`, `rouge-score`, `rouge-score+stem`, `clinical-f1`, `clinical-f1+uncertain`, `radgraph-rules-f1`, `radcliq-rules` (both
 * with `+case`), and with WordNet `meteor-nltk`. The language scores also come with `+ptb` behind the name:
 * on Penn Treebank tokens. A registry of yours is an object beside or around it.
 * @param resources WordNet and a paraphrase table for METEOR
 */
export function metricRegistry(
  resources: Omit<Resources, 'wordnet'> & { readonly wordnet?: Wordnet } = {},
): MetricRegistry {
  const { wordnet } = resources;
  const language: MetricRegistry = {
    bleu: () => bleu(),
    'sentence-bleu': () => meanSentenceBleu(),
    'rouge-l': () => rougeL(),
    cider: () => cider(),
    'meteor-1.5': () => meteor15(resources),
    ...(wordnet && { 'meteor-nltk': () => nltkMeteor({ wordnet }) }),
  };
  return {
    ...language,
    ...Object.fromEntries(
      Object.entries(language).map(([name, make]) => [`${name}+ptb`, () => withPtbTokens(make())]),
    ),
    sacrebleu: sacreBleu,
    'rouge-score': () => rougeScore(),
    'rouge-score+stem': () => rougeScore({ stem: true }),
    'prior-exam': priorExamRate,
    measurement: () => measurementRate(),
    laterality: lateralityRate,
    'clinical-f1': () => clinicalF1(),
    'clinical-f1+uncertain': () => clinicalF1({ uncertain: 'positive' }),
    'radgraph-rules-f1': () => radgraphRulesF1(),
    'radgraph-rules-f1+case': () => radgraphRulesF1({ letterCase: 'keep' }),
    'temporal-f1': temporalF1,
    'icon-consistency': iconConsistency,
    'radcliq-rules': () => radCliqRules(),
    'radcliq-rules+case': () => radCliqRules({ letterCase: 'keep' }),
  };
}

/** Metrics from a list of names and metrics. @throws Error naming what is there when a name is not */
export function resolveMetrics(
  metrics: readonly (Metric | string)[],
  registry: MetricRegistry = metricRegistry(),
): Metric[] {
  return metrics.map((metric) => {
    if (typeof metric !== 'string') return metric;
    const make = Object.hasOwn(registry, metric) ? registry[metric] : undefined;
    if (make) return make();
    const why = /^meteor-nltk/.test(metric) ? ' (meteor-nltk needs WordNet)' : '';
    throw new Error(
      `score: metric must be one of ${Object.keys(registry).join(', ')}, got "${metric}"${why}`,
    );
  });
}
