import { expect, it } from 'vitest';
import { daysOf, inTime } from './timeline';

it.each([
  ['19700102', undefined, 1],
  ['1970-01-01', '12:00:00', 0.5],
  ['19700101', '60000.0', 0.25], // 06:00:00, written as a number
  ['20240301', undefined, 19_783], // `date -d 2024-03-01 +%s` is 1709251200
  ['20230229', undefined, undefined], // no such day
  ['', undefined, undefined],
  ['march', '1', undefined],
])('%s %s is day %s', (date, clock, days) => expect(daysOf(date, clock)).toBe(days));

it('gives each study its day and the latest one of an earlier time', () => {
  const study = (id: string, subject: string, time?: number) => ({
    ...{ id, subject, time, origin: 'made up', sections: {}, images: [] },
  });
  const made = [
    study('c', 'p', 30.5),
    study('a', 'p', 10),
    study('b', 'p', 10),
    study('d', 'q', 4),
    study('e', 'p'),
  ];
  expect(inTime(made).map(({ id, extra }) => [id, extra])).toEqual([
    ['c', { day: 20.5, prior_study: 'b' }],
    ['a', { day: 0 }],
    ['b', { day: 0 }], // neither is earlier than the other
    ['d', { day: 0 }],
    ['e', undefined],
  ]);
});
