import { isRegionName, REGIONS, type RegionName } from '@raca/core/regions';
import { z } from 'zod';
import { shown } from '../errors';

const replySchema = z.object({ sentences: z.array(z.unknown()) });
const entrySchema = z.object({ n: z.int().positive(), regions: z.array(z.string()) });

/** JSON Schema of a reply, for servers that can be held to one. */
export const REPLY_JSON_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['sentences'],
  properties: {
    sentences: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['n', 'regions'],
        properties: {
          n: { type: 'integer' },
          regions: { type: 'array', items: { type: 'string', enum: [...REGIONS] } },
        },
      },
    },
  },
} as const;

/** Per sentence of the question its regions, or one line that says why there are none to be had. */
export type SentenceReply = { readonly regions: RegionName[] } | { readonly reason: string };

/**
 * Reads a model's answer to `count` numbered sentences. Sound entries are kept when others are not: a missing
 * sentence, one answered twice in different words or with a name outside the 12 regions gives a reason.
 *
 * @param text JSON, alone or within other text (code fences, thoughts)
 */
export function readReply(text: string, count: number): SentenceReply[] {
  const reply = replySchema.safeParse(findJson(text));
  if (!reply.success) {
    const reason = `expected JSON {"sentences": [...]}, found ${shown(text)}`;
    return Array.from({ length: count }, () => ({ reason }));
  }
  const replies = new Array<SentenceReply | undefined>(count).fill(undefined);
  for (const value of reply.data.sentences) {
    const entry = entrySchema.safeParse(value);
    if (!entry.success || entry.data.n > count) continue;
    const at = entry.data.n - 1;
    const next = checkNames(entry.data.regions);
    const earlier = replies[at];
    replies[at] =
      earlier && JSON.stringify(earlier) !== JSON.stringify(next)
        ? { reason: 'expected one answer, found two that differ' }
        : next;
  }
  return replies.map((entry) => entry ?? { reason: 'expected an entry with n and regions, found none' });
}

function checkNames(names: readonly string[]): SentenceReply {
  const unknown = names.find((name) => !isRegionName(name));
  if (unknown !== undefined) return { reason: `expected one of the 12 regions, found ${shown(unknown)}` };
  return { regions: REGIONS.filter((region) => names.includes(region)) };
}

/** The JSON value of a text; undefined where there is none. */
function findJson(text: string): unknown {
  const plain = withoutThoughts(text);
  const braces = plain.slice(plain.indexOf('{'), plain.lastIndexOf('}') + 1);
  for (const candidate of [plain, braces]) {
    try {
      return JSON.parse(candidate);
    } catch {}
  }
  return undefined;
}

/** The text less `<think>…</think>`; a thought that never ends stays. One pass, however many begin. */
function withoutThoughts(text: string): string {
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const from = text.indexOf('<think>', at);
    const to = from < 0 ? -1 : text.indexOf('</think>', from);
    if (to < 0) break;
    kept.push(text.slice(at, from));
    at = to + '</think>'.length;
  }
  return kept.join('') + text.slice(at);
}
