import { changeClasses, comparesWithEarlier } from '@raca/data';
import { CHEXPERT_14, labelReport, pairedRandomisation } from '@raca/metrics';

/**
 * A report that a system wrote for a study.
 * @typedef {{ id: string, patient: string, pictures: number, reference: string, generated: string }} Written
 * @typedef {[both: number, said: number, wanted: number]} Counts
 */

/** Micro F1 of summed counts. */
const f1 = (/** @type {readonly Counts[]} */ all) => {
  const [both, said, wanted] = [0, 1, 2].map((k) => all.reduce((sum, counts) => sum + counts[k], 0));
  return (2 * both) / Math.max(1, said + wanted);
};

/** Words of change: classes stated against classes truly stated. Null for a study without an earlier one. */
export const changes =
  (truth) =>
  (/** @type {Written} */ { id, generated }) => {
    const { prior_study: prior, stated } = truth.studies[id];
    if (prior === undefined) return null;
    const said = changeClasses(generated);
    return [said.filter((name) => stated.includes(name)).length, said.length, new Set(stated).size];
  };

/** Clinical labels (14 CheXpert classes by the rule labeler, uncertain and blank as negative): micro F1. */
export const clinical = (/** @type {Written} */ { reference, generated }) => {
  const [said, wanted] = [generated, reference].map(positives);
  return [said.filter((name) => wanted.includes(name)).length, said.length, wanted.length];
};

export function positives(text) {
  const labels = labelReport(text);
  return CHEXPERT_14.filter((name) => labels[name] === 1);
}

/** Share of studies without an earlier one whose report compares all the same. */
export function comparingAlone(truth, /** @type {readonly Written[]} */ reports) {
  const alone = reports.filter(({ id }) => truth.studies[id].prior_study === undefined);
  const comparing = alone.filter(({ generated }) => comparesWithEarlier(generated));
  return { share: comparing.length / Math.max(1, alone.length), studies: alone.length };
}

/**
 * F1 of two systems on the same studies, and p of the difference by paired randomisation: all studies of a patient are swapped
 * together, in all seeds at once.
 * @param {readonly (readonly Written[])[]} first by seed
 * @param {readonly (readonly Written[])[]} second by seed
 * @param {(report: Written) => Counts | null} count
 */
export function compare(first, second, count, resamples = 10_000) {
  const patients = [...new Set(first.flat().map(({ patient }) => patient))];
  const place = new Map(patients.map((patient, i) => [patient, i]));
  const counted = [first, second].map((seeds) =>
    seeds.map((reports) =>
      reports.flatMap((report) => {
        const counts = count(report);
        return counts ? [{ patient: place.get(report.patient), counts }] : [];
      }),
    ),
  );
  const [a, b] = counted.map((seeds) => seeds.map((reports) => f1(reports.map(({ counts }) => counts))));
  const sums = counted.map((seeds) =>
    seeds.map((reports) => {
      const table = patients.map(() => [0, 0, 0]);
      for (const { patient, counts } of reports) for (const k of [0, 1, 2]) table[patient][k] += counts[k];
      return table;
    }),
  );
  const mean = (xs) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const { pValue } = pairedRandomisation(
    patients.length,
    (fromSecond) =>
      mean(sums[0].map((_, seed) => f1(patients.map((__, i) => sums[fromSecond[i] ? 1 : 0][seed][i])))),
    { resamples },
  );
  return { first: a, second: b, difference: mean(b) - mean(a), pValue };
}
