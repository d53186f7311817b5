/** An uncompressed 8-bit DICOM file (Explicit VR Little Endian, MONOCHROME2), written out by hand, with a patient's name. */
export function plainDicom(
  rows: number,
  columns: number,
  pixels: Uint8Array,
  { burnedIn = false } = {},
): Buffer {
  const element = (group: number, item: number, vr: string, value: Buffer): Buffer => {
    const even =
      value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
    const long = vr === 'OW' || vr === 'OB';
    const head = Buffer.alloc(long ? 12 : 8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(item, 2);
    head.write(vr, 4, 'latin1');
    if (long) head.writeUInt32LE(even.length, 8);
    else head.writeUInt16LE(even.length, 6);
    return Buffer.concat([head, even]);
  };
  const text = (value: string) => Buffer.from(value, 'latin1');
  const short = (value: number) => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return bytes;
  };
  const syntax = element(2, 0x10, 'UI', text('1.2.840.10008.1.2.1'));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(syntax.length);
  return Buffer.concat([
    Buffer.alloc(128),
    text('DICM'),
    element(2, 0, 'UL', length),
    syntax,
    element(0x10, 0x10, 'PN', text('MADE^UP')),
    element(0x28, 2, 'US', short(1)),
    element(0x28, 4, 'CS', text('MONOCHROME2')),
    element(0x28, 0x10, 'US', short(rows)),
    element(0x28, 0x11, 'US', short(columns)),
    element(0x28, 0x100, 'US', short(8)),
    element(0x28, 0x101, 'US', short(8)),
    element(0x28, 0x102, 'US', short(7)),
    element(0x28, 0x103, 'US', short(0)),
    ...(burnedIn ? [element(0x28, 0x301, 'CS', text('YES'))] : []),
    element(0x7fe0, 0x10, 'OW', Buffer.from(pixels)),
  ]);
}
