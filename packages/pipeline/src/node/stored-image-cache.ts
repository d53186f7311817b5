import { existsSync, statSync } from 'node:fs';
import { readRegularFile, writeFileAtomic } from '@raca/core/node';
import type { RasterImage, Transform } from '@raca/data';
import { ImageCache } from '@raca/data/node';
import { z } from 'zod';

const count = z.int().nonnegative();

/** One image in the file: whose it is, what it looked like when it was read, and its pixels' length. */
const entrySchema = z.strictObject({
  file: z.string(),
  transform: z.union([
    z.strictObject({ kind: z.literal('eval'), size: count }),
    z.strictObject({ kind: z.literal('train'), size: count, shortSide: count, flip: z.boolean().optional() }),
  ]),
  size: count,
  modified: z.number(),
  width: count,
  height: count,
  channels: count,
});
type Entry = z.infer<typeof entrySchema>;

/**
 * Decoded and resized images in a file, so that several runs on one data set decode them once: a line of JSON, then the
 * pixels one image after the other. Images that have changed on disk since are read again; a file that does not fit is
 * as good as none.
 */
export class StoredImageCache extends ImageCache {
  private readonly entries: { entry: Entry; pixels: Uint8Array }[] = [];
  private grown = false;

  constructor(
    private readonly path: string,
    options: { readonly maxBytes: number },
  ) {
    super(options);
    for (const { entry, pixels } of stored(path)) {
      const { file, transform, width, height, channels } = entry;
      if (JSON.stringify(stateOf(file)) === JSON.stringify([entry.size, entry.modified]))
        this.set(file, transform, { width, height, channels, data: pixels });
    }
    this.grown = false;
  }

  override set(file: string, transform: Transform, prepared: RasterImage): void {
    const before = this.size;
    super.set(file, transform, prepared);
    const state = stateOf(file);
    if (this.size === before || !state || !(prepared.data instanceof Uint8Array)) return;
    const { width, height, channels, data } = prepared;
    const [size, modified] = state;
    this.entries.push({ entry: { file, transform, size, modified, width, height, channels }, pixels: data });
    this.grown = true;
  }

  /** Writes the file if there is something new. */
  save(): void {
    if (!this.grown) return;
    const header = `${JSON.stringify(this.entries.map(({ entry }) => entry))}\n`;
    writeFileAtomic(this.path, [header, ...this.entries.map(({ pixels }) => pixels)]);
    this.grown = false;
  }
}

/** What is in the file and whole. */
function stored(path: string): { entry: Entry; pixels: Uint8Array }[] {
  if (!existsSync(path)) return [];
  const bytes = readRegularFile(path, 'a cached image');
  const end = bytes.indexOf(0x0a);
  let entries: Entry[];
  try {
    entries = z.array(entrySchema).parse(JSON.parse(bytes.toString('utf8', 0, end)));
  } catch {
    return [];
  }
  let at = end + 1;
  const found = entries.map((entry) => {
    const from = at;
    at += entry.width * entry.height * entry.channels;
    return { entry, pixels: Uint8Array.from(bytes.subarray(from, at)) }; // its own memory: threads copy all of it
  });
  return at === bytes.length ? found : [];
}

/** Size and time of change, or null for a file that is gone. */
function stateOf(file: string): [size: number, modified: number] | null {
  const state = statSync(file, { throwIfNoEntry: false });
  return state ? [state.size, state.mtimeMs] : null;
}
