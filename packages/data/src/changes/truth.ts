import { z } from 'zod';
import { parseOrThrow } from '../errors';
import { CHANGE_CLASSES } from './words';

const degree = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
const side = z.enum(['left', 'right']);

const findingChangeSchema = z.looseObject({
  finding: z.string(),
  side: side.optional(),
  lobe: z.enum(['upper', 'middle', 'lower']).optional(),
  change: z.enum(['new', 'larger', 'smaller', 'unchanged', 'resolved']),
  before: degree,
  after: degree,
});

const deviceChangeSchema = z.looseObject({
  device: z.string(),
  side: side.optional(),
  change: z.enum(['placed', 'removed', 'unchanged']),
});

const studyChangesSchema = z.looseObject({
  prior_study: z.string().optional(),
  findings: z.array(findingChangeSchema),
  devices: z.array(deviceChangeSchema),
  stated: z.array(z.enum(CHANGE_CLASSES)),
  indication: z.looseObject({ finding: z.string(), side: side.optional(), true: z.boolean() }).optional(),
});

export const changesSchema = z.looseObject({ studies: z.record(z.string(), studyChangesSchema) });

/** A finding against the study before. Degrees: 0 absent, 1 mild or small, 2 moderate, 3 severe or large. */
export type FindingChange = z.infer<typeof findingChangeSchema>;
export type DeviceChange = z.infer<typeof deviceChangeSchema>;

/**
 * What truly changed in a study since the one before (`prior_study`; a first study has none, and empty lists), the
 * classes of change that its reference report states, and what a telling `indication` names and whether it is there.
 */
export type StudyChanges = z.infer<typeof studyChangesSchema>;

/** The content of `changes.json`: per id of a study (known for the phantom in time only). */
export type Changes = z.infer<typeof changesSchema>;

export const parseChanges = (value: unknown, file = 'changes.json'): Changes =>
  parseOrThrow(changesSchema, value, file);
