import { expect, it } from 'vitest';
import { scoreChanges } from './score';
import { parseChanges, type StudyChanges } from './truth';
import type { ChangeClass } from './words';

const study = (stated: ChangeClass[], prior?: string): StudyChanges => ({
  ...(prior && { prior_study: prior }),
  findings: [],
  devices: [],
  stated,
});
const changes = parseChanges({
  studies: { a: study([]), b: study(['larger', 'new'], 'a'), c: study(['unchanged'], 'b'), d: study([]) },
});

it('matches counts worked by hand', () => {
  const scores = scoreChanges(
    [
      { id: 'a', text: 'The effusion is larger.' }, // compares, though it is the first
      { id: 'b', text: 'The effusion is larger. The edema has resolved.' }, // one of two, one too many
      { id: 'c', text: 'Unchanged effusion.' },
      { id: 'd', text: 'Clear lungs.' },
    ],
    changes,
  );
  expect(scores.studies).toBe(2);
  expect([scores.precision, scores.recall, scores.f1]).toEqual([2 / 3, 2 / 3, 2 / 3]);
  expect(scores.classes.larger).toEqual({ precision: 1, recall: 1, f1: 1, support: 1 });
  expect(scores.classes.resolved).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 });
  expect(scores.classes.new).toEqual({ precision: 0, recall: 0, f1: 0, support: 1 });
  expect(scores.first).toEqual({ studies: 2, comparing: 1 / 2 });
});

it('says what the best constant set of classes reaches', () => {
  // new and larger: 2 of 3 wanted, 2 right of 4 stated; with unchanged 3 of 3, 3 right of 6: F1 2/3, more than 4/7
  const { constant } = scoreChanges(
    ['b', 'c'].map((id) => ({ id, text: '' })),
    changes,
  );
  expect(constant).toEqual({
    stated: ['new', 'larger', 'unchanged'],
    precision: 1 / 2,
    recall: 1,
    f1: 2 / 3,
  });
});

it('scores nothing as 0 and not as NaN', () => {
  const scores = scoreChanges([], changes);
  expect([scores.studies, scores.f1, scores.first.comparing, scores.constant.f1]).toEqual([0, 0, 0, 0]);
});

it.each([
  ['an unknown study', [{ id: 'x', text: '' }], /expected a study of changes\.json, found "x"/],
  ['a name of Object', [{ id: 'toString', text: '' }], /found "toString"/],
  ['a study twice', ['a', 'a'].map((id) => ({ id, text: '' })), /expected each study once, found "a" twice/],
])('names %s', (_, reports, message) => {
  expect(() => scoreChanges(reports, changes)).toThrow(message);
});

it.each([
  [{}, /changes\.json: studies: expected record, found nothing/],
  [{ studies: { a: { ...study([]), stated: ['bigger'] } } }, /studies\.a\.stated\[0\]/],
  [
    { studies: { a: { ...study([]), findings: [{ finding: 'mass', change: 'new', before: 0, after: 4 }] } } },
    /after/,
  ],
])('refuses a faulty file: %j', (value, message) => {
  expect(() => parseChanges(value)).toThrow(message);
});
