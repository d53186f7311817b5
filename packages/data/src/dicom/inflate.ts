import { DataError } from '../errors';

/** Raw deflate data unpacked. @throws DataError if it is damaged, or longer than `maxBytes` */
export async function inflateRaw(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > maxBytes) throw new DataError(`deflated data of more than ${maxBytes} bytes`);
      parts.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof DataError) throw error;
    // a padding byte after the end is no damage (PS3.5 A.5 asks for an even length)
    if (!/trailing|junk/i.test(String((error as Error)?.message)))
      throw new DataError('damaged deflated data');
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
