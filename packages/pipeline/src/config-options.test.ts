import { expect, it } from 'vitest';
import { z } from 'zod';
import { configOptions } from './config-options';

it('reads types, ranges, defaults and descriptions from a schema', () => {
  const schema = z
    .strictObject({
      n: z.int().positive().default(3).describe('How many.'),
      share: z.number().min(0).lt(1),
      rate: z.number().positive().max(2).nullable().default(null).describe('Per step.'),
      how: z.enum(['a', 'b']).optional().describe('Absent: `a`.'),
      list: z.array(z.union([z.literal(2), z.literal(4)])).default([2]),
      weights: z.record(z.string(), z.number()).default({}),
      inner: z
        .strictObject({ on: z.boolean().default(false).describe('Whether.') })
        .nullable()
        .prefault({})
        .describe('More.'),
      doubled: z
        .int()
        .transform((x) => 2 * x)
        .nullable()
        .default(null),
    })
    .transform((value) => ({ ...value, more: 1 }));
  const rows = configOptions(schema).map((o) => [o.path, o.type, o.default, o.required, o.description]);
  expect(rows).toEqual([
    ['n', 'whole number, at least 1', '3', false, 'How many.'],
    ['share', 'number, at least 0, below 1', null, true, ''],
    ['rate', 'number, above 0, at most 2 or `null`', 'null', false, 'Per step.'],
    ['how', '`a`, `b`', null, false, 'Absent: `a`.'],
    ['list', 'list, each `2` or `4`', '[2]', false, ''],
    ['weights', 'fields of any name, each number', '{}', false, ''],
    ['inner', 'fields or `null`', '{}', false, 'More.'],
    ['inner.on', '`true` or `false`', 'false', false, 'Whether.'],
    ['doubled', 'whole number or `null`', 'null', false, ''],
  ]);
});
