import { parseSafetensors, type SafetensorsDtype, type SafetensorsFile, type StoredTensor } from '@raca/core';
import { type ByteSource, memorySource, withFileSource } from './byte-source';
import { PickleCall, PickleGlobal, PickleReference, readPickle } from './pickle';
import { clipped, openStoredZip } from './stored-zip';

/** PyTorch's storages by class, as safetensors names their numbers, with bytes a number. */
const DTYPES: ReadonlyMap<string, readonly [SafetensorsDtype, number]> = new Map([
  ['FloatStorage', ['F32', 4]],
  ['HalfStorage', ['F16', 2]],
  ['BFloat16Storage', ['BF16', 2]],
  ['DoubleStorage', ['F64', 8]],
  ['LongStorage', ['I64', 8]],
  ['IntStorage', ['I32', 4]],
  ['ShortStorage', ['I16', 2]],
  ['CharStorage', ['I8', 1]],
  ['ByteStorage', ['U8', 1]],
  ['BoolStorage', ['BOOL', 1]],
]);

/** First pickle of a file in the format before PyTorch 1.6. */
const MAGIC = Number(0x1950a86a20f9469cfc6cn);
/** Version of that format. */
const PROTOCOL = 1001;
/** Largest pickle read; that of a checkpoint of 600 weights with its optimiser has 0.2 MB. */
const MAX_PICKLE = 2 ** 25;
/** Most axes of a tensor. */
const MAX_RANK = 8;
/** Longest name of a weight. */
const MAX_NAME = 500;
/** How often the bytes of storages may be used on average; two layers that share their weights use them twice. */
const MAX_SHARING = 4;
/** Where checkpoints keep the `state_dict`, and how deep it is looked for. */
const INNER = ['state_dict', 'model', 'model_state_dict'];
const MAX_DEPTH = 3;

/** Where the numbers of a tensor lie. */
interface StorageId {
  readonly key: string;
  readonly dtype: SafetensorsDtype;
  /** Bytes a number. */
  readonly width: number;
}

/** Bytes of a storage; the same ones for the same key. */
type Storages = (id: StorageId) => Uint8Array;

/** First bytes of a zip file. */
const ZIP = [0x50, 0x4b, 0x03, 0x04];

/** Whether these are the first bytes of a file that `torch.save` wrote. */
export function isTorchFile(bytes: Uint8Array): boolean {
  return ZIP.every((byte, i) => bytes[i] === byte) || (bytes[0] === 0x80 && bytes[1] <= 5);
}

/**
 * The tensors of a `state_dict` that `torch.save` wrote (`.pth`, `.pt`): the zip format since PyTorch 1.6 and the
 * stream of pickles before it. A dictionary that holds it as `state_dict`, `model` or `model_state_dict` is opened.
 * No code of the file is run; tensors are views, so those that share a storage cost nothing.
 *
 * @param source named in errors
 * @throws Error in one line if the file is something else
 */
export function parseTorchFile(bytes: Uint8Array, source = 'PyTorch file'): SafetensorsFile {
  return named(source, () => read(memorySource(bytes)));
}

/**
 * {@link parseTorchFile} of a file on disk. Only what the `state_dict` needs is read, so the moments of an optimiser in a
 * checkpoint cost no memory.
 * @throws Error in one line that names the file
 */
export function readTorchFile(path: string): SafetensorsFile {
  return withFileSource(path, (source) => named(path, () => read(source)));
}

/**
 * The tensors of a weights file, safetensors or {@link readTorchFile | PyTorch's}, told apart by its first bytes.
 * @throws Error in one line that names the file
 */
export function readWeightsFile(path: string): SafetensorsFile {
  return withFileSource(path, (source) => {
    if (isTorchFile(source.read(0, Math.min(source.length, 4)))) return named(path, () => read(source));
    return parseSafetensors(source.read(0, source.length), path);
  });
}

function named<T>(source: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message.split('\n')[0]}`);
  }
}

function read(source: ByteSource): SafetensorsFile {
  const head = source.read(0, Math.min(source.length, 4));
  if (!isTorchFile(head)) throw new Error('expected a file that torch.save wrote, found something else');
  const { value, storages } = head[0] === 0x80 ? readLegacy(source) : readZip(source);
  return { tensors: tensorsOf(stateDict(value), storages), metadata: {} };
}

function readZip(source: ByteSource): { value: unknown; storages: Storages } {
  const zip = openStoredZip(source);
  const pickle = zip.names.find((name) => /^(?:[^/]+\/)?data\.pkl$/.test(name));
  if (pickle === undefined) {
    const found = zip.names.slice(0, 3).map(clipped).join(', ');
    throw new Error(`expected data.pkl in the zip file, found ${found || 'nothing'}`);
  }
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = `${folder}byteorder`;
  if (zip.has(order) && new TextDecoder().decode(zip.read(order).subarray(0, 8)) !== 'little')
    throw new Error('expected little-endian numbers');
  const bytes = zip.read(pickle);
  if (bytes.length > MAX_PICKLE) throw new Error(`the pickle has ${bytes.length} bytes: too many`);
  const cache = new Map<string, Uint8Array>();
  const storages = ({ key }: StorageId): Uint8Array => {
    const known = cache.get(key);
    if (known) return known;
    const storage = zip.read(`${folder}data/${key}`);
    cache.set(key, storage);
    return storage;
  };
  return { value: readPickle(bytes).value, storages };
}

/** Pickles one after the other (magic number, version, system, object, storage keys), then the storages. */
function readLegacy(source: ByteSource): { value: unknown; storages: Storages } {
  const head = source.read(0, Math.min(source.length, MAX_PICKLE));
  const magic = readPickle(head);
  if (magic.value !== MAGIC) throw new Error('expected a file that torch.save wrote, found another pickle');
  const version = readPickle(head, magic.end);
  if (version.value !== PROTOCOL) throw new Error('expected version 1001 of the format, found another');
  const system = readPickle(head, version.end);
  if (system.value instanceof Map && system.value.get('little_endian') === false)
    throw new Error('expected little-endian numbers');
  const object = readPickle(head, system.end);
  const keys = readPickle(head, object.end);
  const widths = new Map<string, number>();
  for (const reference of object.references) {
    const { key, width } = storageId(reference);
    if ((widths.get(key) ?? width) !== width) throw new Error(`the storage ${clipped(key)} has two types`);
    widths.set(key, width);
  }
  const places = placesOf(source, keys.value, keys.end, widths);
  const cache = new Map<string, Uint8Array>();
  const storages = ({ key }: StorageId): Uint8Array => {
    const place = places.get(key);
    if (!place) throw new Error(`the storage ${clipped(key)} is missing`);
    const storage = cache.get(key) ?? source.read(...place);
    cache.set(key, storage);
    return storage;
  };
  return { value: object.value, storages };
}

/** Offset and length in bytes of each storage: a count of numbers as int64, then the numbers. */
function placesOf(
  source: ByteSource,
  keys: unknown,
  start: number,
  widths: ReadonlyMap<string, number>,
): Map<string, readonly [number, number]> {
  if (!Array.isArray(keys)) throw new Error('the list of storages is malformed');
  const places = new Map<string, readonly [number, number]>();
  let at = start;
  for (const key of keys) {
    const width = typeof key === 'string' ? widths.get(key) : undefined;
    if (width === undefined || places.has(key)) throw new Error('the list of storages is malformed');
    const count = source.read(at, 8);
    const length = width * Number(new DataView(count.buffer, count.byteOffset, 8).getBigInt64(0, true));
    if (!(length >= 0 && at + 8 + length <= source.length))
      throw new Error(`the storage ${clipped(key)} is cut off`);
    places.set(key, [at + 8, length]);
    at += 8 + length;
  }
  return places;
}

/** The `state_dict` in a checkpoint. */
function stateDict(value: unknown): Map<unknown, unknown> {
  let found = value;
  for (let depth = 0; depth < MAX_DEPTH && found instanceof Map; depth++) {
    const outer: Map<unknown, unknown> = found;
    const inner = INNER.find((name) => outer.get(name) instanceof Map);
    if (inner === undefined) return outer;
    found = outer.get(inner);
  }
  if (found instanceof Map) return found;
  const type = found instanceof PickleCall && found.callee instanceof PickleGlobal ? found.callee.name : null;
  throw new Error(
    `expected a state_dict, found ${type === null ? 'something else' : `an object ${clipped(type.replace(' ', '.'))}`}` +
      '; save one by torch.save(model.state_dict(), …)',
  );
}

function tensorsOf(entries: ReadonlyMap<unknown, unknown>, storages: Storages): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const stored = new Set<ArrayBufferLike>();
  let claimed = 0;
  for (const [name, entry] of entries) {
    if (typeof name !== 'string') continue;
    if (name.length > MAX_NAME || /[\p{Cc}\p{Cf}]/u.test(name))
      throw new Error(`expected a printable name of a weight, found ${clipped(name)}`);
    try {
      const tensor = tensorOf(entry, storages);
      if (!tensor) continue;
      tensors.set(name, tensor);
      stored.add(tensor.bytes.buffer);
      claimed += tensor.bytes.length;
    } catch (error) {
      throw new Error(`weight ${clipped(name)}: ${(error as Error).message}`);
    }
  }
  if (tensors.size === 0) throw new Error('expected a state_dict with tensors, found none');
  const held = [...stored].reduce((n, { byteLength }) => n + byteLength, 0);
  if (claimed > MAX_SHARING * held + 2 ** 20)
    throw new Error(`the tensors share storages too often: ${claimed} bytes claimed of ${held} stored`);
  return tensors;
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, …)`, perhaps within `_rebuild_parameter`; null for other things. */
function tensorOf(entry: unknown, storages: Storages): StoredTensor | null {
  const inner = argumentsOf(entry, 'torch._utils _rebuild_parameter');
  const tensor = inner ? inner[0] : entry;
  const args =
    argumentsOf(tensor, 'torch._utils _rebuild_tensor_v2') ??
    argumentsOf(tensor, 'torch._utils _rebuild_tensor');
  if (!args) return null;
  const [reference, offset, shape, stride] = args;
  const id = storageId(reference);
  if (!isNaturals(shape) || !isNaturals(stride) || shape.length !== stride.length || !isNatural(offset))
    throw new Error('expected a tensor’s shape and strides, found something else');
  let count = 1;
  let contiguous = true;
  for (let i = shape.length - 1; i >= 0; i--) {
    contiguous &&= shape[i] === 1 || stride[i] === count;
    count *= shape[i];
  }
  if (!contiguous && count > 0)
    throw new Error(`expected a contiguous tensor, found strides [${stride}] for shape [${shape}]`);
  const storage = storages(id);
  const begin = offset * id.width;
  const end = begin + count * id.width;
  if (!(end <= storage.length)) {
    throw new Error(
      `the storage ${clipped(id.key)} is cut off: ${end} bytes needed, ${storage.length} found`,
    );
  }
  return { dtype: id.dtype, shape, bytes: storage.subarray(begin, end) };
}

/** Arguments of a call of this function; null for anything else. */
function argumentsOf(entry: unknown, name: string): unknown[] | null {
  const called =
    entry instanceof PickleCall && entry.callee instanceof PickleGlobal && entry.callee.name === name;
  return called && Array.isArray(entry.args) ? entry.args : null;
}

/** `('storage', class, key, device, count, …)` */
function storageId(reference: unknown): StorageId {
  const id = reference instanceof PickleReference ? reference.id : null;
  const [, type, key] = Array.isArray(id) ? id : [];
  if (typeof key !== 'string') throw new Error('expected a reference to a storage, found something else');
  const name = type instanceof PickleGlobal ? type.name.slice(type.name.indexOf(' ') + 1) : '';
  const known = DTYPES.get(name);
  if (!known) throw new Error(`expected numbers of ${[...DTYPES.keys()].join(', ')}, found ${clipped(name)}`);
  return { key, dtype: known[0], width: known[1] };
}

const isNatural = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

const isNaturals = (x: unknown): x is number[] =>
  Array.isArray(x) && x.length <= MAX_RANK && x.every(isNatural);
