/**
 * For tests: a baseline JPEG of flat 8 x 8 blocks, written out after ITU-T T.81: each component of each block is one level.
 * Its only codes are 12 of 4 bits for differences, and one of 1 bit that ends a block.
 *
 * @param blocks level of each component, block by block
 * @param adobe the transform of an Adobe mark: 0 (as they are) or 2 (YCCK); none without
 */
export function blockJpeg(
  columns: number,
  rows: number,
  blocks: readonly (readonly number[])[],
  adobe?: 0 | 2,
): Buffer {
  const components = blocks[0].length;
  const segment = (marker: number, ...body: number[]) => [0xff, marker, 0, body.length + 2, ...body];
  const ids = Array.from({ length: components }, (_, i) => i + 1);
  const adobeMark =
    adobe === undefined ? [] : segment(0xee, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, adobe);
  return Buffer.from([
    ...[0xff, 0xd8, ...adobeMark],
    ...segment(0xdb, 0, ...Array(64).fill(1)),
    ...segment(0xc0, 8, 0, rows * 8, 0, columns * 8, components, ...ids.flatMap((id) => [id, 0x11, 0])),
    ...segment(0xc4, 0x00, 0, 0, 0, 12, ...Array(12).fill(0), ...Array.from({ length: 12 }, (_, i) => i)),
    ...segment(0xc4, 0x10, 1, ...Array(15).fill(0), 0),
    ...segment(0xda, components, ...ids.flatMap((id) => [id, 0x00]), 0, 63, 0),
    ...scan(blocks, components),
    ...[0xff, 0xd9],
  ]);
}

function scan(blocks: readonly (readonly number[])[], components: number): number[] {
  const bits: string[] = [];
  const before = Array<number>(components).fill(0);
  for (const block of blocks) {
    block.forEach((level, c) => {
      const dc = (level - 128) * 8; // a flat block's coefficient, quantised by 1
      const difference = dc - before[c];
      before[c] = dc;
      const size = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference));
      bits.push(size.toString(2).padStart(4, '0'));
      const value = difference < 0 ? difference + 2 ** size - 1 : difference;
      if (size > 0) bits.push(value.toString(2).padStart(size, '0'));
      bits.push('0');
    });
  }
  const text = bits.join('');
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '1');
  return (padded.match(/.{8}/g) ?? []).flatMap((byte) => {
    const value = Number.parseInt(byte, 2);
    return value === 0xff ? [0xff, 0] : [value];
  });
}
