import { z } from 'zod';
import { parseOrThrow } from '../../errors';
import { IMAGE_CHOICES } from '../../import/image-choice';
import { SECTION_CHOICES } from '../../import/sections';
import type { ImportSource } from './import-source';

const sourceSchema = z.looseObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/, 'expected small letters, digits and "-"'),
  about: z.looseObject({
    source: z.string(),
    licence: z.string(),
    access: z.enum(['open', 'credentialed']).optional(),
    cleaning: z.enum(['iu_xray', 'mimic_cxr']).optional(),
    notes: z.array(z.string()).optional(),
  }),
  section: z.enum(SECTION_CHOICES).optional(),
  perStudy: z.enum(IMAGE_CHOICES).optional(),
  read: z.custom<ImportSource['read']>((value) => typeof value === 'function', 'expected a function'),
});

/**
 * What a user's file exports, as a source.
 *
 * @param file for messages
 * @throws DataError in one line that names the field which is missing or wrong
 */
export function parseImportSource(value: unknown, file: string): ImportSource {
  parseOrThrow(sourceSchema, value, `${file}: default export`);
  return value as ImportSource;
}
