import { checkMemory, type FindingInput } from '@raca/core';

/** @throws RangeError unless patches are `[b, p, width]`, masks `[b, regions, p]` and the memory of that width */
export function checkRead(
  who: string,
  { features: { patches }, masks, memory }: FindingInput,
  { width, regions }: { readonly width: number; readonly regions: number },
): void {
  const [b, p, d] = patches.shape;
  if (patches.rank !== 3 || d !== width) {
    throw new RangeError(`${who}: patches must be [b, p, ${width}], got [${patches.shape}]`);
  }
  const expected = [b, regions, p];
  if (masks.rank !== 3 || masks.shape.some((size, i) => size !== expected[i])) {
    throw new RangeError(`${who}: masks must be [${expected}] for these patches, got [${masks.shape}]`);
  }
  checkMemory(who, memory, width);
}
