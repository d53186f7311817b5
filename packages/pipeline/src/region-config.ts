import { type RegionSet, THORAX_12 } from '@raca/core/regions';
import { regionSetSchema } from '@raca/region-agent';
import { z } from 'zod';
import { isFields } from './fields';

/** `model.regions`: a set as plain data, or the path of a file that has one. */
export const regionsSchema = z
  .union([z.string().min(1), regionSetSchema], {
    error: ({ input, errors }) => {
      const [issue] = isFields(input) ? ((errors as z.core.$ZodIssue[][])[1] ?? []) : [];
      if (issue) return `${issue.path.join('.') || 'the set'}: ${issue.message}`;
      return `expected a path or a set of regions (name, names, drawings, words), found ${typeof input}`;
    },
  })
  .optional()
  .describe(
    'The regions that the model tells apart: a set as plain data, or the path of a JSON file or of a module whose default export ' +
      'is one (see examples/region-set); a run folder holds the data. Absent: the 12 of `thorax-12`.',
  );

/** What tells which regions a model has. */
export interface WithRegions {
  readonly regions?: RegionSet | string;
}

/** The regions of a model. @throws Error while the config only names a file that has them */
export function regionSetOf({ regions = THORAX_12 }: WithRegions): RegionSet {
  if (typeof regions !== 'string') return regions;
  throw new Error(`model.regions: expected the set itself, found the path ${regions}, which nobody has read`);
}

/**
 * Checks a set that came from outside.
 * @param source named in errors
 * @throws Error in one line: field, expected, found
 */
export function parseRegionSet(value: unknown, source: string): RegionSet {
  const parsed = regionSetSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Error(`${source}: ${path.join('.') || 'the set'}: ${message}`);
}
