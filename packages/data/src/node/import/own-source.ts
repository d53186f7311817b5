import { z } from 'zod';
import { SPLITS } from '../../dataset';
import { parseOrThrow } from '../../errors';
import { IMAGE_CHOICES } from '../../import/image-choice';
import { SECTION_CHOICES } from '../../import/sections';
import type { ImportSource, SourceContent } from './import-source';

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

const contentSchema = z.looseObject({
  studies: z.array(
    z.looseObject({
      id: z.string(),
      subject: z.string(),
      origin: z.string(),
      sections: z.record(z.string(), z.string().optional()),
      text: z.string().optional(),
      images: z.array(
        z.looseObject({ id: z.string(), keys: z.array(z.string()), view: z.string().optional() }),
      ),
      split: z.enum(SPLITS).optional(),
      time: z.number().optional(),
    }),
  ),
  images: z.instanceof(Map, { error: 'expected a Map' }),
});

/**
 * What a user's file exports, as a source whose content is checked, too.
 *
 * @param file for messages
 * @throws DataError in one line that names the field which is missing or wrong; so does `read`
 */
export function parseImportSource(value: unknown, file: string): ImportSource {
  parseOrThrow(sourceSchema, value, `${file}: default export`);
  const source = value as ImportSource;
  return {
    ...source,
    read: async (reading) => {
      const content: unknown = await source.read(reading);
      parseOrThrow(contentSchema, content, `${file}: what read() gives`);
      return content as SourceContent;
    },
  };
}
