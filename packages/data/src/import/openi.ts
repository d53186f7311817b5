import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { DataError, parseOrThrow, shown } from '../errors';
import type { Sections } from './sections';

/** One report of the Open-i collection. */
export interface OpenIReport {
  /** `CXR<number>`. */
  readonly uid: string;
  readonly sections: Sections;
  /** In the order of the file, e.g. `CXR4_IM-2050-1001`. */
  readonly images: readonly string[];
  /** Human coded, e.g. `Opacity/lung/apex/left/irregular`. */
  readonly mesh: readonly string[];
}

const text = z.union([z.string(), z.looseObject({ '#text': z.string().optional() })]);
const schema = z.object({
  eCitation: z.looseObject({
    uId: z.looseObject({ '@id': z.string().regex(/^[\w-]+$/, 'expected an id such as CXR1') }),
    MedlineCitation: z.looseObject({
      Article: z.looseObject({
        Abstract: z.looseObject({
          AbstractText: z.array(
            z.union([z.string(), z.looseObject({ '@Label': z.string(), '#text': z.string().optional() })]),
          ),
        }),
      }),
    }),
    MeSH: z.union([z.string(), z.looseObject({ major: z.array(text).optional() })]).optional(),
    parentImage: z.array(z.looseObject({ '@id': z.string().regex(/^[\w.-]+$/) })).optional(),
  }),
});

const PARTS = ['findings', 'impression', 'indication', 'comparison', 'technique'] as const;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  htmlEntities: true,
  isArray: (name) => ['AbstractText', 'parentImage', 'major'].includes(name),
});

/**
 * Reads one `ecgen-radiology` XML file.
 *
 * @throws DataError one line: not well formed, parts missing, a document type (whose entities could grow without end)
 */
export function parseOpenIReport(xml: string, file: string): OpenIReport {
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) {
    throw new DataError(`${file}: expected XML without a document type, found one`);
  }
  let value: unknown;
  try {
    value = parser.parse(xml.replace(/^\uFEFF/, ''), true);
  } catch (error) {
    throw new DataError(`${file}: expected XML, found: ${(error as Error).message.replace(/\s+/g, ' ')}`);
  }
  const { uId, MedlineCitation, MeSH, parentImage = [] } = parseOrThrow(schema, value, file).eCitation;
  const parts: Record<string, string> = {};
  for (const part of MedlineCitation.Article.Abstract.AbstractText) {
    if (typeof part === 'string' || !part['#text']?.trim()) continue;
    const label = part['@Label'].trim().toLowerCase();
    parts[label] = parts[label] === undefined ? part['#text'] : `${parts[label]} ${part['#text']}`;
  }
  const images = parentImage.map((image) => image['@id']);
  if (new Set(images).size < images.length) {
    throw new DataError(`${file}: parentImage: expected ids used once, found ${shown(images.join(' '))}`);
  }
  const major = typeof MeSH === 'object' ? (MeSH.major ?? []) : [];
  return {
    uid: uId['@id'],
    sections: Object.fromEntries(PARTS.filter((p) => parts[p] !== undefined).map((p) => [p, parts[p]])),
    images,
    mesh: major.map((code) => (typeof code === 'string' ? code : (code['#text'] ?? ''))).filter(Boolean),
  };
}
