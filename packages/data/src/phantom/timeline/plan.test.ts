import { expect, it } from 'vitest';
import { scoreChanges } from '../../changes/score';
import { type ChangeClass, changeClasses, comparesWithEarlier } from '../../changes/words';
import { cleanIu, splitSentences, words } from '../../text/clean';
import { CLASSES, labelsOf } from '../labels';
import { planTimeline } from './plan';
import { timelineStatistics } from './statistics';

const plan = planTimeline({ train: 500, val: 30, test: 30 }, { seed: 7, pose: 'mild' });
const studies = plan.studies.map(({ id, split, given }) => {
  const { report, fields, study, views } = given!;
  return { id, split, study, views, text: report.report, report, ...fields, truth: plan.changes.studies[id] };
}) as (ReturnType<typeof shapeOf> & Fields)[];
const byId = new Map(studies.map((study) => [study.id, study]));
const [first, later] = [false, true].map((is) =>
  studies.filter(({ prior_study: prior }) => (prior !== undefined) === is),
);

/** What lasts: named without a comparison. */
const STEADY = [
  'fracture',
  'nodule',
  'pleural thickening',
  'wide mediastinum',
  'scoliosis',
  'tortuous aorta',
];

interface Fields {
  readonly patient: string;
  readonly day: number;
  readonly prior_study?: string;
  readonly indication?: string;
  readonly comparison?: string;
  readonly technique: string;
}
function shapeOf() {
  const { id, split, given } = plan.studies[0];
  const { report, study, views } = given!;
  return { id, split, study, views, report, text: report.report, truth: plan.changes.studies[id] };
}

it('states exactly the recorded changes: references score 1, raw and cleaned', () => {
  for (const write of [(text: string) => text, cleanIu]) {
    const reports = studies.map(({ id, text }) => ({ id, text: write(text) }));
    const scores = scoreChanges(reports, plan.changes);
    expect([scores.precision, scores.recall, scores.f1]).toEqual([1, 1, 1]);
    expect(scores.first).toEqual({ studies: first.length, comparing: 0 });
    expect(scores.constant.f1).toBeLessThan(0.55);
  }
});

it('says little of the change by one study alone', () => {
  // for every finding, told exactly, guess what most often became of it; this looks at the answers, so it is no lower bound
  const shown = later.map(({ truth: { findings, devices, stated } }) => {
    const now = [
      ...findings.filter(({ after, finding }) => after > 0 && !STEADY.includes(finding)),
      ...devices
        .filter(({ change }) => change !== 'removed')
        .map((d) => ({ ...d, finding: d.device, after: 1 })),
    ].map(({ finding, after, change }) => [`${finding} ${after}`, change] as const);
    return now.length > 0 ? now : stated.map((change) => ['nothing', change] as const);
  });
  const counts = new Map<string, Map<ChangeClass, number>>();
  for (const [name, change] of shown.flat()) {
    const own = counts.get(name) ?? new Map<ChangeClass, number>();
    counts.set(name, own.set(change, (own.get(change) ?? 0) + 1));
  }
  const commonest = (name: string): string => [...counts.get(name)!].sort(([, a], [, b]) => b - a)[0][0];
  let [both, either] = [0, 0];
  shown.forEach((now, k) => {
    const guess = new Set(now.map(([name]) => commonest(name)));
    both += later[k].truth.stated.filter((change) => guess.has(change)).length;
    either += guess.size + later[k].truth.stated.length;
  });
  expect((2 * both) / either).toBeLessThan(0.5);
});

it('compares in every study with an earlier one, and in no other', () => {
  for (const { text, truth } of later) expect(changeClasses(text).sort()).toEqual([...truth.stated].sort());
  for (const { text } of first) expect(comparesWithEarlier(text), text).toBe(false);
});

it('states each change of what may change, and nothing else', () => {
  for (const { truth } of later) {
    const changing = truth.findings.filter(({ finding }) => !STEADY.includes(finding));
    const expected = new Set([...changing, ...truth.devices].map(({ change }) => change as string));
    expect(new Set<string>(truth.stated)).toEqual(expected.size > 0 ? expected : new Set(['unchanged']));
  }
});

it('records the changes between the findings that are drawn', () => {
  const degrees = (id: string): Map<string, number> =>
    new Map(
      byId
        .get(id)!
        .study.findings.filter(({ kind }) => kind !== 'device')
        .map(({ kind, side, lobe, degree }) => [[kind, side, lobe].join(' '), degree]),
    );
  for (const { id, prior_study: prior, truth } of later) {
    const [before, after] = [degrees(prior!), degrees(id)];
    const recorded = new Map(truth.findings.map((f) => [[f.finding, f.side, f.lobe].join(' '), f]));
    expect(new Set(recorded.keys())).toEqual(new Set([...before.keys(), ...after.keys()]));
    for (const [name, { change, before: b, after: a }] of recorded) {
      expect([b, a]).toEqual([before.get(name) ?? 0, after.get(name) ?? 0]);
      if (b === 0 || a === 0) expect(change).toBe(b === 0 ? 'new' : 'resolved');
      else expect(change).toBe(a > b ? 'larger' : a < b ? 'smaller' : 'unchanged');
    }
  }
});

it('records the devices that come and leave', () => {
  const devices = (id: string) =>
    byId.get(id)!.study.findings.flatMap(({ device, side }) => (device ? [`${device} ${side}`] : []));
  const seen = new Set<string>();
  for (const { id, prior_study: prior, truth } of later) {
    const [before, after] = [devices(prior!), devices(id)];
    for (const { device, side, change } of truth.devices) {
      const name = `${device} ${side}`;
      expect([before.includes(name), after.includes(name)]).toEqual([
        change !== 'placed',
        change !== 'removed',
      ]);
      seen.add(change);
    }
    expect(truth.devices.length).toBe(new Set([...before, ...after]).size);
  }
  expect([...seen].sort()).toEqual(['placed', 'removed', 'unchanged']);
});

it('gives patients one to four studies, in order, in one split, with one body', () => {
  const patients = new Map<string, typeof studies>();
  for (const study of studies) patients.set(study.patient, [...(patients.get(study.patient) ?? []), study]);
  expect(patients.size).toBe(560);
  const counts = new Set<number>();
  for (const list of patients.values()) {
    counts.add(list.length);
    expect(new Set(list.map(({ split }) => split)).size).toBe(1);
    list.forEach(({ day, prior_study: prior, study, comparison }, k) => {
      expect(prior).toBe(list[k - 1]?.id);
      const gap = day - (list[k - 1]?.day ?? 0);
      if (k === 0) expect([day, comparison]).toEqual([0, undefined]);
      else {
        expect(Number.isInteger(gap) && gap >= 1 && gap <= 400, `${gap}`).toBe(true);
        expect(comparison).toContain(`${gap} day`);
        expect(study.habitus).toEqual(list[0].study.habitus);
        expect(study.detail).toBe(list[0].study.detail);
        expect(study.poses).not.toEqual(list[0].study.poses);
        expect(study.grain).not.toBe(list[0].study.grain);
      }
    });
  }
  expect([...counts].sort()).toEqual([1, 2, 3, 4]);
});

it('keeps places and shapes of a finding from study to study', () => {
  let kept = 0;
  for (const { study, prior_study: prior } of later) {
    for (const { kind, at, shape, rib } of study.findings) {
      const before = byId.get(prior!)!.study.findings.find((f) => f.kind === kind && f.shape === shape);
      if (!before || kind === 'device') continue;
      kept++;
      expect([before.at, before.rib]).toEqual([at, rib]);
    }
  }
  expect(kept).toBeGreaterThan(300);
});

it('tells findings in four fifths of the telling indications, of each common kind', () => {
  const { indications, views, withPrior } = timelineStatistics(plan);
  const many = timelineStatistics(planTimeline({ train: 2000, val: 0, test: 0 }, { seed: 1, pose: 'mild' }));
  expect(many.indications.trueShare).toBeGreaterThan(0.8);
  expect(many.indications.trueShare).toBeLessThan(0.85);
  expect(indications.absent + indications.vague + indications.telling).toBe(studies.length);
  expect(indications.absent / studies.length).toBeGreaterThan(0.15);
  expect(withPrior).toBe(later.length);
  expect((views.frontal + views.lateral) / studies.length).toBeCloseTo(1 / 3, 1);
  expect(views.swapped).toBeGreaterThan(50);
  for (const { study, truth, indication } of studies) {
    if (!truth.indication) continue;
    const { finding, side, true: right } = truth.indication;
    const there = study.findings.filter((f) => (f.device ?? f.kind) === finding);
    expect(there.length > 0).toBe(right);
    if (side) {
      expect(indication).toContain(side);
      if (right) expect(there.map((f) => f.side)).toContain(side);
    }
  }
});

it('says nothing of a finding that is gone but that it is', () => {
  const MENTIONS = {
    Edema: /edema/,
    Consolidation: /consolidation/,
    Pneumothorax: /pneumothorax/,
    Atelectasis: /atelectasis/,
    'Pleural Effusion': /effusion/,
    'Lung Lesion': /nodule|\bmass\b/,
    'Support Devices': /pacemaker|catheter|tube|valve/,
  } as const;
  const GONE = /\bno\b|resol|cleared|remov/;
  for (const { text, study } of later) {
    const sentences = splitSentences(cleanIu(text));
    const labels = labelsOf(study.findings);
    for (const [name, mention] of Object.entries(MENTIONS)) {
      const said = sentences.some((sentence) => mention.test(sentence) && !GONE.test(sentence));
      expect(said, `${name}: ${text}`).toBe(labels[CLASSES.indexOf(name as 'Edema')] === 1);
    }
  }
});

it('writes sentences with regions that a decoder of 60 tokens can hold', () => {
  for (const { text, report } of studies) {
    const sentences = splitSentences(cleanIu(text));
    expect(Object.keys(report.sentence_regions)).toEqual(sentences.map((_, s) => `S${s + 1}`));
    sentences.forEach((sentence, s) => {
      const silent = /^no .*change|^unchanged appearance/.test(sentence);
      expect(report.sentence_regions[`S${s + 1}`].length > 0, sentence).toBe(!silent);
    });
  }
  const fitting = studies.filter(({ text }) => words(cleanIu(text)).length <= 59).length;
  expect(fitting / studies.length).toBeGreaterThan(0.98);
  expect(new Set(studies.map(({ text }) => text)).size).toBeGreaterThan(0.97 * studies.length);
});

it('depends on seed and patient only', () => {
  const more = planTimeline({ train: 501, val: 1, test: 0 }, { seed: 7, pose: 'mild' });
  expect(more.studies[0]).toEqual(plan.studies[0]);
  const other = planTimeline({ train: 1, val: 0, test: 0 }, { seed: 8, pose: 'mild' });
  expect(other.studies[0]).not.toEqual(plan.studies[0]);
});
