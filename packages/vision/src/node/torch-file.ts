import type { SafetensorsDtype, SafetensorsFile, StoredTensor } from '@raca/core';
import { unzipSync } from 'fflate';
import { PickleCall, PickleGlobal, PickleReference, readPickle } from './pickle';

/** PyTorch's storages by class, as safetensors names their numbers. */
const DTYPES: Readonly<Record<string, readonly [SafetensorsDtype, number]>> = {
  FloatStorage: ['F32', 4],
  HalfStorage: ['F16', 2],
  BFloat16Storage: ['BF16', 2],
  DoubleStorage: ['F64', 8],
  LongStorage: ['I64', 8],
  IntStorage: ['I32', 4],
};

/** Bytes of a storage by its key. */
type Storages = (key: string) => Uint8Array | undefined;

/** First bytes of a zip file. */
const ZIP = [0x50, 0x4b, 0x03, 0x04];

/** Whether these are the bytes of a file that `torch.save` wrote. */
export function isTorchFile(bytes: Uint8Array): boolean {
  return ZIP.every((byte, i) => bytes[i] === byte) || (bytes[0] === 0x80 && bytes[1] <= 5);
}

/**
 * The tensors of a `state_dict` that `torch.save` wrote (`.pth`, `.pt`): the zip format since PyTorch 1.6 and the one
 * before. A dictionary that holds it as `state_dict` or `model` is opened. No code of the file is run.
 *
 * @param source named in errors
 * @throws Error in one line if the file is something else
 */
export function parseTorchFile(bytes: Uint8Array, source = 'PyTorch file'): SafetensorsFile {
  try {
    const { value, storages } = bytes[0] === 0x80 ? readLegacy(bytes) : readZip(bytes);
    return { tensors: tensorsOf(value, storages), metadata: {} };
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message.split('\n')[0]}`);
  }
}

function readZip(bytes: Uint8Array): { value: unknown; storages: Storages } {
  const files = unzipSync(bytes);
  const names = Object.keys(files);
  const pickle = names.find((name) => /(^|\/)data\.pkl$/.test(name));
  if (!pickle) throw new Error(`expected data.pkl in the zip file, found ${names.slice(0, 3).join(', ')}`);
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = files[`${folder}byteorder`];
  if (order && new TextDecoder().decode(order) !== 'little')
    throw new Error('expected little-endian numbers');
  return { value: readPickle(files[pickle]).value, storages: (key) => files[`${folder}data/${key}`] };
}

/** Pickles one after the other (magic number, protocol, system, object, storage keys), then the storages. */
function readLegacy(bytes: Uint8Array): { value: unknown; storages: Storages } {
  const pickles: unknown[] = [];
  let at = 0;
  for (let i = 0; i < 5; i++) {
    const { value, end } = readPickle(bytes, at);
    pickles.push(value);
    at = end;
  }
  const sizes = new Map<string, number>();
  visit(pickles[3], (id) => sizes.set(id[2] as string, elementBytes(id)));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, Uint8Array>();
  for (const key of pickles[4] as string[]) {
    const length = Number(view.getBigInt64(at, true)) * (sizes.get(key) ?? 0);
    storages.set(key, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { value: pickles[3], storages: (key) => storages.get(key) };
}

function tensorsOf(value: unknown, storages: Storages): Map<string, StoredTensor> {
  if (!(value instanceof Map)) throw new Error('expected a state_dict, found something else');
  for (const inner of ['state_dict', 'model']) {
    if (value.get(inner) instanceof Map) return tensorsOf(value.get(inner), storages);
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of value) {
    const tensor = tensorOf(entry, storages);
    if (typeof name === 'string' && tensor) tensors.set(name, tensor);
  }
  if (tensors.size === 0) throw new Error('expected a state_dict with tensors, found none');
  return tensors;
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, …)`, perhaps within `_rebuild_parameter`. */
function tensorOf(entry: unknown, storages: Storages): StoredTensor | null {
  if (!(entry instanceof PickleCall) || !(entry.callee instanceof PickleGlobal)) return null;
  const { args, callee } = entry;
  if (callee.name === 'torch._utils _rebuild_parameter') return tensorOf(args[0], storages);
  if (callee.name !== 'torch._utils _rebuild_tensor_v2') return null;
  const [reference, offset, size, stride] = args as [PickleReference, number, number[], number[]];
  const id = reference.id as unknown[];
  const [dtype, width] = dtypeOf(id);
  const storage = storages(id[2] as string);
  const count = size.reduce((n, s) => n * s, 1);
  const contiguous = size.every(
    (s, i) => s === 1 || stride[i] === size.slice(i + 1).reduce((n, x) => n * x, 1),
  );
  if (!contiguous)
    throw new Error(`expected contiguous tensors, found strides [${stride}] for shape [${size}]`);
  const begin = offset * width;
  if (!storage || storage.length < begin + count * width) throw new Error(`the storage ${id[2]} is cut off`);
  return { dtype, shape: size, bytes: storage.slice(begin, begin + count * width) };
}

function dtypeOf(id: unknown[]): readonly [SafetensorsDtype, number] {
  const name = id[1] instanceof PickleGlobal ? id[1].name.split(' ')[1] : String(id[1]);
  const known = DTYPES[name];
  if (!known) throw new Error(`expected numbers of ${Object.keys(DTYPES).join(', ')}, found ${name}`);
  return known;
}

const elementBytes = (id: unknown[]): number => dtypeOf(id)[1];

/** Calls `see` with the id of each storage in an unpickled object. */
function visit(value: unknown, see: (id: unknown[]) => void): void {
  if (value instanceof PickleReference) see(value.id as unknown[]);
  else if (value instanceof PickleCall) for (const arg of value.args) visit(arg, see);
  else if (value instanceof Map) for (const inner of value.values()) visit(inner, see);
  else if (Array.isArray(value)) for (const inner of value) visit(inner, see);
}
