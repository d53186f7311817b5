import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseParaphrases } from '../meteor/paraphrases';
import type { Paraphrases } from '../meteor/stages';

/** METEOR's paraphrase table from a file, packed with gzip or not. @throws Error naming file and line */
export function readParaphrases(path: string, least = 0): Paraphrases {
  const bytes = readFileSync(path);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    return parseParaphrases((packed ? gunzipSync(bytes) : bytes).toString('utf8'), least);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}
