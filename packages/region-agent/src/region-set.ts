import { LARGEST, type RegionSet, type Stroke, THORAX_12, VIEW_KINDS } from '@raca/core';
import { z } from 'zod';

const number = z.number().min(-10).max(10);
const point = z.tuple([number, number]);
const size = number.positive();
const curve = z.strictObject({
  base: number,
  bend: number,
  middle: number,
  mirrored: z.boolean().optional(),
});
const how = { mirrored: z.boolean().optional(), cut: z.boolean().optional() };

const stroke: z.ZodType<Stroke, Stroke> = z.union([
  z.strictObject({ ellipse: z.tuple([number, number, size, size]), ...how }),
  z.strictObject({ box: z.tuple([number, number, number, number]), ...how }),
  z.strictObject({ band: z.tuple([point, point]), halfWidth: size, ...how }),
  z.strictObject({ polygon: z.array(point).min(3).max(1000), ...how }),
  z.strictObject({ below: curve, ...how }),
  z.strictObject({ along: curve, halfWidth: size, ...how }),
]);

const name = z.string().trim().min(1).max(100);

/** A set as a file has it: what has no drawings or no words need not say so. */
type RegionSetInput = Pick<RegionSet, 'name' | 'names'> & Partial<RegionSet>;

/** A `RegionSet` of `@raca/core` from a file: plain data in which nothing is named that is no region. */
export const regionSetSchema = z
  .strictObject({
    name: name.describe('What the set is called.'),
    names: z.array(name).min(1).max(LARGEST.regions).describe('Its regions, in the order of a visit.'),
    drawings: z
      .partialRecord(z.enum(VIEW_KINDS), z.record(name, z.array(stroke).max(100)))
      .nullable()
      .default(null)
      .describe(
        'Where they lie in a straight patient: by kind of view and region, strokes in fractions of the view (`ellipse`, `box`, ' +
          '`band`, `polygon`, `below`, `along`; `mirrored`, `cut`); null: nobody says.',
      ),
    words: z
      .record(name, z.array(name).max(1000))
      .default({})
      .describe('Words and phrases of reports by region; `*` at the end of a word for any further letters.'),
  })
  .superRefine(({ names, drawings, words }, { addIssue }) => {
    const complain = (path: string[], message: string): void => addIssue({ code: 'custom', path, message });
    const known = new Set(names);
    if (known.size < names.length)
      complain(['names'], 'expected regions of different names, found one twice');
    const check = (path: string[], keys: readonly string[]): void => {
      for (const key of keys) {
        if (!known.has(key)) complain([...path, key], `expected one of the set's regions, found "${key}"`);
      }
    };
    check(['words'], Object.keys(words));
    for (const [view, drawing] of Object.entries(drawings ?? {}))
      check(['drawings', view], Object.keys(drawing ?? {}));
  }) as z.ZodType<RegionSet, RegionSetInput>;

/** Option `regions` of agents that can find others than the 12. */
export const regionsOption = regionSetSchema
  .optional()
  .describe('The regions that it finds; absent: the 12 of `thorax-12`.');

/** The set of a parsed config. */
export const regionsOf = ({ regions }: { readonly regions?: RegionSet }): RegionSet => regions ?? THORAX_12;

/** @throws Error unless the set says where its regions lie */
export function checkDrawings(who: string, { name, drawings }: RegionSet): void {
  if (!drawings || Object.keys(drawings).length === 0) {
    throw new Error(`${who}: goes by drawings of the regions, and the set "${name}" has none`);
  }
}
