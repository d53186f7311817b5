import { CONTEXT_FIELDS } from '@raca/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextCounts, contextOf, priorOf, studyLookup } from './context';
import { type Annotation, parseAnnotation, type Study } from './dataset';

const study = (id: string, fields: object = {}): Study => ({
  id,
  report: `Report of ${id}.`,
  image_path: [`${id}/0.png`],
  split: 'train',
  ...fields,
});
const setOf = (...train: Study[]): Annotation => ({ train, val: [], test: [] });
const none = () => undefined;

describe('contextOf', () => {
  it('gives the texts beside the pictures, cleaned, and the report of the earlier study', () => {
    const first = study('a', { patient: 'p', day: 0, report: 'Heart is LARGE. Line of XXXX, in place.' });
    const second = study('b', {
      patient: 'p',
      day: 12,
      prior_study: 'a',
      indication: '___-year-old with cough, ___ fever.',
      history: '',
      comparison: 'XXXX.',
      technique: null,
      impression: 'Not this.',
    });
    expect(contextOf(second, studyLookup(setOf(first, second)))).toEqual({
      indication: 'with cough fever .', // by hand: words with a mark go, then R2Gen's rules
      history: '', // there, and says nothing
      comparison: '',
      priorReport: 'heart is large . line of in place .',
    });
    expect(contextOf(first, none)).toEqual({});
  });

  it('lets nothing else in, whatever fields a study has', () => {
    const word = fc.stringMatching(/^[a-z]{5,9}$/);
    const names = [
      'findings',
      'impression',
      'labels',
      'mesh',
      'chexpert',
      'addendum',
      'priorReport',
      'context',
    ];
    const value = fc.oneof(
      word,
      fc.array(word),
      fc.record({ indication: word }),
      fc.integer(),
      fc.constant(null),
    );
    const hidden = fc.dictionary(fc.oneof(fc.constantFrom(...names), word), value);
    const allowed = fc.record(
      { indication: word, history: word, comparison: word, technique: word },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(hidden, allowed, word, fc.boolean(), (fields, texts, before, hasPrior) => {
        const prior = study('prior', {
          patient: 1,
          report: `Q${before}.`,
          impression: 'never',
          indication: 'never',
        });
        const own = { ...fields, ...study('now', { patient: 1, report: 'Zown.', ...texts }) };
        for (const name of CONTEXT_FIELDS)
          if (!(name in texts)) delete (own as Record<string, unknown>)[name];
        if (hasPrior) own.prior_study = 'prior';
        const expected = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, `${text} .`]));
        expect(contextOf(own, studyLookup(setOf(prior, own)))).toEqual({
          ...expected,
          ...(hasPrior && { priorReport: `q${before} .` }),
        });
      }),
    );
  });

  it.each([
    ['not in the data set', { prior_study: 'z' }],
    ['of another patient', { prior_study: 'other' }],
    ['of an unknown patient', { prior_study: 'nobody' }],
    ['not earlier', { prior_study: 'later' }],
    ['not earlier', { prior_study: 'same day' }],
    ['not earlier', { prior_study: 'x' }],
  ])('takes no earlier study that is %s: %j', (fault, fields) => {
    const own = study('x', { subject_id: 7, day: 3, ...fields });
    const annotation = setOf(
      own,
      study('other', { subject_id: 8, day: 1 }),
      study('nobody', { day: 1 }),
      study('later', { subject_id: 7, day: 4 }),
      study('same day', { subject_id: 7, day: 3 }),
    );
    const faults: string[] = [];
    expect(contextOf(own, studyLookup(annotation), { onFault: (why) => faults.push(why) })).toEqual({});
    expect(faults).toEqual([fault]);
    expect(contextCounts(annotation).faults).toMatchObject({ [fault]: 1 });
  });

  it('takes one whose day is not known, and finds a study whose images are entries of their own', () => {
    const entry = (id: string, study_id: number, more: object = {}) =>
      study(id, { subject_id: '1', study_id, ...more });
    const list = [
      entry('i1', 50),
      entry('i2', 50),
      entry('i3', 51, { prior_study: 's50', indication: 'Pain' }),
    ];
    const lookup = studyLookup(setOf(...list));
    expect(priorOf(list[2], lookup)).toEqual({ study: list[0], days: Number.NaN });
    expect(priorOf({ ...list[2], day: 5 }, () => ({ ...list[0], day: 2 }))).toMatchObject({ days: 3 });
    expect(contextCounts(setOf(...list))).toMatchObject({
      texts: { indication: 1, priorReport: 1, history: 0 },
    });
  });
});

describe('fields of a study', () => {
  const parsed = (fields: object) => parseAnnotation(setOf(study('a', fields))).train[0];
  it.each([
    [{ indication: 5 }, 'annotation.json: train[0].indication: expected string, found 5'],
    [{ day: 'Monday' }, 'annotation.json: train[0].day: expected number, found "Monday"'],
    [{ prior_study: ['b'] }, 'annotation.json: train[0].prior_study: expected string, found an array of 1'],
    [
      { views: ['PA', null] },
      'annotation.json: train[0].views: expected a view for each of 1 images, found an array of 2',
    ],
  ])('of wrong types are told in one line: %j', (fields, message) => {
    expect(() => parsed(fields)).toThrow(message);
  });
  it.each([[2], [['x', 'y', 'z']], [[1, 2]], [{ frontal: 'a/0.png' }], [null]])(
    'leaves a foreign field "views" alone: %j',
    (views) => expect(parsed({ views })).toMatchObject({ views }),
  );
});
