import { Random } from '@raca/core';
import { sampleStudy, writeReport } from '@raca/data';

/**
 * What is known: the first text is the better report of the study. Names are fields of a case.
 */
export const ORDERS = [
  ['same', 'paraphrase', 'the reference itself, before the same findings in other words'],
  ['paraphrase', 'omitted', 'all findings, before one left out'],
  ['omitted', 'omittedTwo', 'one finding left out, before two'],
  ['paraphrase', 'invented', 'all findings, before one more that is not there'],
  ['paraphrase', 'wrongSide', 'the right side, before the other one'],
  ['paraphrase', 'wrongDegree', 'the right degree, before mild for severe or severe for mild'],
  ['paraphrase', 'normal', 'all findings, before a normal report'],
  ['omitted', 'normal', 'one finding left out, before a normal report'],
];

/**
 * Studies of the phantom that have two findings or more, one with a side and one with a degree that the text tells; each with
 * its reference and reports that are worse in one known way. All texts are written by the phantom's grammar.
 * @param count cases @param seed of everything random
 */
export function orderedCases(count, seed = 1) {
  const random = new Random(seed);
  const normal = normalSentences(random.split('normal'));
  const cases = [];
  for (let i = 0; cases.length < count; i++) {
    const one = caseOf(random.split(`case ${i}`), normal);
    if (one) cases.push({ id: `case-${i}`, ...one });
  }
  return cases;
}

function caseOf(random, normal) {
  const study = sampleStudy(random.split('study'));
  const write = (findings, stream = 'paraphrase') =>
    sentences(writeReport({ ...study, findings }, random.split(stream)).report);
  const paraphrase = write(study.findings);
  const positive = paraphrase.filter((sentence) => !normal.has(sentence));
  const wrongSide = altered(study.findings, paraphrase, write, otherSide);
  const wrongDegree = altered(study.findings, paraphrase, write, otherDegree);
  const invented = inventedSentence(study, random.split('invented'), normal);
  if (positive.length < 2 || !wrongSide || !wrongDegree || !invented) return null;
  const [first, second] = random.split('omitted').shuffle([...positive]);
  const without = (...left) => paraphrase.filter((sentence) => !left.includes(sentence));
  const reference = write(study.findings, 'reference');
  return {
    reference: reference.join(' '),
    same: reference.join(' '),
    paraphrase: paraphrase.join(' '),
    omitted: without(first).join(' '),
    omittedTwo: without(first, second).join(' '),
    invented: [...paraphrase, invented].join(' '),
    wrongSide: wrongSide.join(' '),
    wrongDegree: wrongDegree.join(' '),
    normal: write([]).join(' '),
  };
}

/** The report with one finding changed, where the text differs in the sentence of that finding alone; else null. */
function altered(findings, paraphrase, write, change) {
  for (const [i, finding] of findings.entries()) {
    const other = change(finding);
    if (!other) continue;
    const text = write(findings.with(i, other));
    const differing = text.filter((sentence, s) => sentence !== paraphrase[s]).length;
    if (text.length === paraphrase.length && differing === 1) return text;
  }
  return null;
}

const otherSide = ({ side, ...finding }) => side && { ...finding, side: side === 'left' ? 'right' : 'left' };
const otherDegree = ({ degree, ...finding }) => degree !== 2 && { ...finding, degree: 4 - degree };

/** What the grammar says of a finding of a kind that the study does not have. */
function inventedSentence({ findings }, random, normal) {
  const kinds = new Set(findings.map(({ kind }) => kind));
  for (let i = 0; i < 20; i++) {
    const other = sampleStudy(random.split(`study ${i}`));
    const finding = other.findings.find(({ kind }) => !kinds.has(kind));
    if (!finding) continue;
    const { report } = writeReport({ ...other, findings: [finding] }, random.split(`report ${i}`));
    const sentence = sentences(report).find((text) => !normal.has(text));
    if (sentence) return sentence;
  }
  return null;
}

/** All that the grammar says of healthy people, found by listening for long. */
function normalSentences(random) {
  const said = new Set();
  for (let i = 0; i < 4000; i++) {
    const study = sampleStudy(random.split(`study ${i}`), { findings: [] });
    for (const sentence of sentences(writeReport(study, random.split(`report ${i}`)).report))
      said.add(sentence);
  }
  return said;
}

const sentences = (report) => report.split(/(?<=\.) /);
