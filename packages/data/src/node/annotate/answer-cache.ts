import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { REGIONS, type RegionName } from '@raca/core/regions';
import { z } from 'zod';

const lineSchema = z.object({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  regions: z.array(z.enum(REGIONS)),
});

/** What an answer depends on, beside the sentence. */
export interface AnswerSource {
  readonly prompt: string;
  readonly model: string;
}

/**
 * Answers kept in a file, one line each, only ever added to: `{"key": sha256, "regions": [...]}`. The key is the hash
 * of prompt version, model and sentence, so the file holds no text. A line that was cut short by a kill, or that
 * cannot be read, is passed over.
 */
export class AnswerCache {
  private readonly known = new Map<string, RegionName[]>();
  private readonly file: number;

  constructor(
    path: string,
    private readonly source: AnswerSource,
  ) {
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(path, 'a+');
    const text = readFileSync(path, 'utf8');
    for (const line of text.split('\n')) {
      const entry = parseLine(line);
      if (entry) this.known.set(entry.key, entry.regions);
    }
    if (text !== '' && !text.endsWith('\n')) writeSync(this.file, '\n'); // ends a torn line
  }

  get(sentence: string): RegionName[] | undefined {
    return this.known.get(this.keyOf(sentence));
  }

  /** Adds answers; they are the kernel's when this returns, so a killed process loses none. */
  add(answers: readonly (readonly [sentence: string, regions: readonly RegionName[]])[]): void {
    if (answers.length === 0) return;
    const lines = answers.map(([sentence, regions]) => {
      const key = this.keyOf(sentence);
      this.known.set(key, [...regions]);
      return `${JSON.stringify({ key, regions })}\n`;
    });
    const bytes = Buffer.from(lines.join(''));
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
  }

  close(): void {
    fsyncSync(this.file);
    closeSync(this.file);
  }

  private keyOf(sentence: string): string {
    const { prompt, model } = this.source;
    return createHash('sha256')
      .update(JSON.stringify([prompt, model, sentence]))
      .digest('hex');
  }
}

function parseLine(line: string): z.infer<typeof lineSchema> | undefined {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
