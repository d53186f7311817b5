/** Element types of safetensors files that are understood here. */
export type SafetensorsDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** One tensor of a file; `bytes` is a view, little-endian, in C order. */
export interface StoredTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A parsed file: tensors in the header's order and the free-form `__metadata__`. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const WIDTH: Record<SafetensorsDtype, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Largest header read, some 150,000 tensors; parsed JSON takes many times its size. */
const MAX_HEADER = 2 ** 24;

/**
 * Reads a safetensors file: 8 bytes of header length, a JSON header, raw data.
 * Every offset is checked against the file before anything is read.
 *
 * @param source named in errors, usually the file's path
 * @throws Error in one line for anything but a well-formed file
 */
export function parseSafetensors(file: Uint8Array, source = 'safetensors'): SafetensorsFile {
  const fail = (what: string): never => {
    throw new Error(`${source}: ${what}`);
  };
  if (file.length < 8) fail(`expected at least 8 bytes of safetensors header, found ${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > file.length - 8) {
    fail(`safetensors header claims ${length} bytes, the file has ${file.length - 8} after its length`);
  }
  if (length > MAX_HEADER) fail(`safetensors header of ${length} bytes: expected at most ${MAX_HEADER}`);
  const header = parseHeader(file.subarray(8, 8 + length), fail);
  const data = file.subarray(8 + length);
  const tensors = new Map<string, StoredTensor>();
  let metadata: Record<string, string> = {};
  const places: Place[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(entry, fail);
    else {
      const tensor = parseEntry(name, entry, data, fail);
      tensors.set(name, tensor);
      const begin = tensor.bytes.byteOffset - data.byteOffset;
      places.push({ name, begin, end: begin + tensor.bytes.length });
    }
  }
  requireTiling(places, data.length, fail);
  return { tensors, metadata };
}

/** Values as float32 (copied); F16 and BF16 widened, integers converted. */
export function toFloat32(t: StoredTensor): Float32Array {
  const n = t.bytes.length / WIDTH[t.dtype];
  if (t.dtype === 'F32') return new Float32Array(new Uint8Array(t.bytes).buffer);
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const read = READERS[t.dtype];
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = read(view, i);
  return out;
}

/** A tensor to write: float32 or int32 values in C order. */
export interface TensorToStore {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array | Uint16Array;
  /** Needed for `Uint16Array` only (F16 or BF16 bits); else from the array's type. */
  readonly dtype?: SafetensorsDtype;
}

/** Writes a safetensors file; tensors in the map's order, header padded to 8 bytes. */
export function serializeSafetensors(
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length) header.set('__metadata__', metadata);
  let offset = 0;
  for (const [name, { shape, data, dtype }] of tensors) {
    const count = shape.reduce((n, s) => n * s, 1);
    if (count !== data.length) {
      throw new RangeError(`serializeSafetensors: ${name} has shape [${shape}] but ${data.length} values`);
    }
    header.set(name, {
      dtype: dtype ?? dtypeOf(data),
      shape,
      data_offsets: [offset, offset + data.byteLength],
    });
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + padded + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.set(json, 8);
  out.fill(0x20, 8 + json.length, 8 + padded);
  let at = 8 + padded;
  for (const { data } of tensors.values()) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out;
}

/** Float32 value of 16 half-precision bits. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

type Fail = (what: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return fail('the safetensors header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    return fail('the safetensors header must be a JSON object');
  }
  return header as Record<string, unknown>;
}

/** Where a tensor's bytes lie in the data part. */
interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** Tensors must cover the data part, each byte once, as the format says. */
function requireTiling(places: Place[], length: number, fail: Fail): void {
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of places) {
    if (begin < covered) fail(`tensor ${shown(name)} overlaps the one before it`);
    if (begin > covered) fail(`no tensor covers the bytes ${covered}..${begin} of the data part`);
    covered = end;
  }
  if (covered !== length) fail(`tensors cover ${covered} bytes of ${length} in the data part`);
}

/** A value of a header, cut to a line that can be printed; plain names as they are. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/-]{1,200}$/.test(value)) return value;
  const text = (JSON.stringify(value) ?? 'nothing').replace(/[^ -~]/g, '?');
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function parseMetadata(entry: unknown, fail: Fail): Record<string, string> {
  const ok =
    typeof entry === 'object' && entry !== null && Object.values(entry).every((v) => typeof v === 'string');
  if (!ok) fail('__metadata__ of the safetensors header must map names to texts');
  return entry as Record<string, string>;
}

function parseEntry(name: string, entry: unknown, data: Uint8Array, fail: Fail): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(WIDTH, dtype)) {
    fail(
      `tensor ${shown(name)}: dtype must be one of ${Object.keys(WIDTH).join(' ')}, found ${shown(dtype)}`,
    );
  }
  const natural = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(natural)) {
    return fail(`tensor ${shown(name)}: shape must be a list of natural numbers, found ${shown(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(natural)) {
    return fail(`tensor ${shown(name)}: data_offsets must be two natural numbers, found ${shown(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((n, s) => n * s, WIDTH[dtype as SafetensorsDtype]);
  if (begin > end || end > data.length || end - begin !== bytes) {
    fail(
      `tensor ${shown(name)}: ${dtype} ${shown(shape)} needs ${bytes} bytes, found ${begin}..${end} of ${data.length}`,
    );
  }
  return { dtype: dtype as SafetensorsDtype, shape, bytes: data.subarray(begin, end) };
}

function dtypeOf(data: TensorToStore['data']): SafetensorsDtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint8Array) return 'U8';
  throw new TypeError('serializeSafetensors: a Uint16Array needs its dtype, F16 or BF16');
}

const bits = new DataView(new ArrayBuffer(4));
const READERS: Record<Exclude<SafetensorsDtype, 'F32'>, (view: DataView, i: number) => number> = {
  F64: (v, i) => v.getFloat64(8 * i, true),
  F16: (v, i) => halfToFloat(v.getUint16(2 * i, true)),
  BF16: (v, i) => {
    bits.setUint32(0, v.getUint16(2 * i, true) << 16);
    return bits.getFloat32(0);
  },
  I64: (v, i) => Number(v.getBigInt64(8 * i, true)),
  I32: (v, i) => v.getInt32(4 * i, true),
  I16: (v, i) => v.getInt16(2 * i, true),
  I8: (v, i) => v.getInt8(i),
  U8: (v, i) => v.getUint8(i),
  BOOL: (v, i) => v.getUint8(i),
};
