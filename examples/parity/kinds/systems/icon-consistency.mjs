import { consistencyMetric, measure, pairReports, studyConsistency } from '@raca/metrics';
import { z } from 'zod';

const words = z.array(z.string());
const study = z.looseObject({
  findings: z.record(z.string(), z.string()),
  reference_words: words,
  generated_words: words,
});
const shape = {
  attribute_words: words,
  pairs: z.array(z.looseObject({ name: z.string(), a: study, b: study, expected: z.looseObject({}) })),
  corpus: z.looseObject({
    studies: z.array(study.extend({ id: z.string() })),
    expected: z.looseObject({ anchors: z.array(z.looseObject({ id: z.string() })) }),
  }),
};

/** Do reports of like studies say the same? @param {import('./table-case.mjs').TableCase} given */
export function iconConsistency(given) {
  const { attribute_words: known, pairs, corpus } = given.read(shape);
  for (const { name, a, b, expected } of pairs) {
    const [x, y] = [wordsOf(a, known), wordsOf(b, known)];
    const [first] = studyConsistency([x, y]);
    const found = {
      finding_overlap: overlap(x.findings, y.findings),
      attribute_overlap: overlap(x.reference, y.reference),
      counted: first !== null,
      consistency: first?.consistency,
    };
    given.check(name, found, expected);
  }
  compareCorpus(given, corpus, known);
}

/** @param {import('./table-case.mjs').TableCase} given @param {any} corpus @param {string[]} known */
function compareCorpus(given, { studies, expected: { anchors, ...expected } }, known) {
  const all = studies.map((/** @type {any} */ one) => wordsOf(one, known));
  const measured = studyConsistency(all);
  const ids = studies.map((/** @type {any} */ { id }) => id);
  const counted = ids.filter((/** @type {string} */ _, /** @type {number} */ i) => measured[i] !== null);
  given.check('corpus', { anchors: counted }, { anchors: anchors.map((/** @type {any} */ { id }) => id) });
  for (const { id, ...anchor } of anchors) {
    const found = measured[ids.indexOf(id)];
    given.check(`corpus/${id}`, { ...found, own_overlap: found?.own }, anchor);
  }
  const texts = ids.map(() => '');
  const pairs = pairReports(texts, texts, ids);
  const scores = measure(consistencyMetric(pairs, all), pairs).corpus;
  const found = {
    consistency: scores['icon-consistency/rules'],
    reference_consistency: scores['icon-consistency/rules/reference'],
  };
  given.check('corpus', found, expected);
}

/** @param {any} study @param {string[]} known */
function wordsOf({ findings, reference_words: reference, generated_words: generated }, known) {
  const attributes = (/** @type {string[]} */ words) => new Set(words.filter((word) => known.includes(word)));
  return {
    findings: new Set(
      Object.keys(findings).filter((name) => findings[name] !== 'negative' && name !== 'No Finding'),
    ),
    reference: attributes(reference),
    generated: attributes(generated),
  };
}

/** By what is measured where two studies that are alike have said these words. @param {Set<string>} a @param {Set<string>} b */
function overlap(a, b) {
  const alike = { findings: new Set(['any']), reference: new Set(['any']) };
  return studyConsistency([a, b].map((generated) => ({ ...alike, generated })))[0]?.consistency;
}
