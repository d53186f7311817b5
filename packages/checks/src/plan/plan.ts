import { z } from 'zod';

/** What each verb needs and gives. */
const GIVES = {
  find: 'things',
  segment: 'things',
  within: 'things',
  filter: 'things',
  exists: 'flag',
  distance: 'length',
  diameter: 'length',
  width: 'length',
  height: 'length',
  dimensions: 'lengths',
} as const;

const name = z.string().min(1).max(80);
const as = name.describe('Name of the result, for later steps.');
const things = name.describe('Name of an earlier result: things.');
const mm = z.number().min(0);

const stepSchema = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('find'), name, as }),
  z.strictObject({ verb: z.literal('segment'), name, as }),
  z.strictObject({ verb: z.literal('within'), of: things, in: things, as }),
  z.strictObject({
    verb: z.literal('filter'),
    of: things,
    by: z.enum(['width', 'height', 'diameter']),
    min: mm.optional(),
    max: mm.optional(),
    as,
  }),
  z.strictObject({ verb: z.literal('exists'), of: things, as }),
  z.strictObject({ verb: z.literal('distance'), from: things, to: things, as }),
  z.strictObject({ verb: z.literal('diameter'), of: things, as }),
  z.strictObject({ verb: z.literal('width'), of: things, as }),
  z.strictObject({ verb: z.literal('height'), of: things, as }),
  z.strictObject({ verb: z.literal('dimensions'), of: things, as }),
]);

/** One step of a plan. */
export type PlanStep = z.output<typeof stepSchema>;

/** Names of earlier results that a step reads. */
const readBy = (step: PlanStep): string[] => {
  switch (step.verb) {
    case 'find':
    case 'segment':
      return [];
    case 'within':
      return [step.of, step.in];
    case 'distance':
      return [step.from, step.to];
    default:
      return [step.of];
  }
};

/**
 * A question to a picture as data: a few steps, each of which reads results of earlier ones. Whoever writes a plan, a person or a language
 * model, it is only ever looked at: there is nothing in it that could be run.
 * @see FactCheXcker, https://github.com/rajpurkarlab/FactCheXcker, whose verbs these are; there a model writes code
 */
export const planSchema = z
  .strictObject({
    steps: z.array(stepSchema).min(1).max(32),
    result: name.describe('Which result is the answer.'),
  })
  .superRefine(({ steps, result }, context) => {
    const known = new Map<string, string>();
    const refuse = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    steps.forEach((step, i) => {
      for (const read of readBy(step)) {
        if (known.get(read) === 'things') continue;
        const found = known.has(read) ? `a ${known.get(read)}` : 'no such result';
        refuse(['steps', i], `expected things named "${read}" from an earlier step, found ${found}`);
      }
      if (known.has(step.as)) refuse(['steps', i, 'as'], `expected a new name, found "${step.as}" again`);
      known.set(step.as, GIVES[step.verb]);
    });
    if (!known.has(result))
      refuse(['result'], `expected one of ${[...known.keys()].join(', ')}, found "${result}"`);
  });

/** A checked plan. */
export type Plan = z.output<typeof planSchema>;
