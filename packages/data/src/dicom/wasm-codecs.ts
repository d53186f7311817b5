import { DataError } from '../errors';

/** Codecs compiled to WebAssembly. */
export type WasmCodec = 'charls' | 'openjpeg' | 'libjpeg-turbo-8bit';

/** Gives the `.wasm` file of a codec, e.g. of `@cornerstonejs/codec-charls/decodewasm`. */
export type WasmSource = (codec: WasmCodec) => Promise<BufferSource>;

/** What a codec says of the picture that it decoded. */
interface FrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
}

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  getFrameInfo(): FrameInfo;
  getInterleaveMode?(): number;
  delete(): void;
}

type Codec = Readonly<Record<string, new () => Decoder>>;
type Glue = (options: object) => Promise<Codec>;

/** Decoded samples. */
export interface WasmPicture extends FrameInfo {
  /** Bytes, or words of 2 bytes little endian where a sample has more than 8 bits. */
  readonly bytes: Uint8Array;
  /** JPEG-LS: components plane by plane (0) instead of by lines or pixels. */
  readonly interleave?: number;
}

const CLASSES = {
  charls: 'JpegLSDecoder',
  openjpeg: 'J2KDecoder',
  'libjpeg-turbo-8bit': 'JPEGDecoder',
} as const;

/** Memory of a codec before it may grow, and how much it may take for each byte of pixels. */
const BASE_BYTES = 64 << 20;
const GROWTH = 12;

/** Instances that hold more than this are not kept for the next picture. */
const KEEP_BYTES = 128 << 20;

/** A codec ready to decode. */
interface Instance {
  readonly library: Codec;
  readonly memory: WebAssembly.Memory;
  /** Bytes up to which the memory may grow. */
  limit: number;
}

const ready = new Map<WasmCodec, Promise<Instance>>();

/**
 * Decodes a codestream. An instance that failed or grew large is dropped: nothing of a damaged picture stays behind.
 *
 * @param decodedBytes what the header promises; the instance may take {@link GROWTH} times that and no more
 * @throws DataError if the codec gives up, in whatever way
 */
export async function decodeByWasm(
  codec: WasmCodec,
  data: Uint8Array,
  decodedBytes: number,
  source: WasmSource,
): Promise<WasmPicture> {
  const made = ready.get(codec) ?? start(codec, source);
  ready.set(codec, made);
  made.catch(() => ready.delete(codec));
  const instance = await made;
  instance.limit = BASE_BYTES + GROWTH * decodedBytes;
  try {
    const decoder = new instance.library[CLASSES[codec]]();
    decoder.getEncodedBuffer(data.length).set(data);
    decoder.decode();
    const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo();
    const bytes = decoder.getDecodedBuffer().slice();
    if (bytes.length !== decodedBytes) throw new RangeError('another size'); // how some codecs say that they failed
    const interleave = decoder.getInterleaveMode?.();
    decoder.delete();
    if (instance.memory.buffer.byteLength > KEEP_BYTES) ready.delete(codec);
    return { width, height, bitsPerSample, componentCount, bytes, interleave };
  } catch {
    ready.delete(codec);
    throw new DataError('damaged or truncated compressed pixels');
  }
}

async function start(codec: WasmCodec, source: WasmSource): Promise<Instance> {
  const module = await WebAssembly.compile(await source(codec));
  const glue = await glueOf(codec);
  let memory: WebAssembly.Memory | undefined;
  const instance: { limit: number } = { limit: BASE_BYTES };
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const started = glue({
    print: () => {},
    printErr: () => {},
    instantiateWasm(imports: WebAssembly.Imports, done: (made: WebAssembly.Instance) => void) {
      WebAssembly.instantiate(module, imports).then((made) => {
        memory = memoryOf(made);
        limitGrowth(memory, instance);
        done(made);
      }, fail);
      return {};
    },
  });
  const library = await Promise.race([started, failed]);
  return Object.assign(instance, { library, memory: memory! });
}

function memoryOf({ exports }: WebAssembly.Instance): WebAssembly.Memory {
  const memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
  if (!memory) throw new Error('codec without a memory');
  return memory;
}

/** The glue code asks for memory by `grow` and takes a refusal for "out of memory". */
export function limitGrowth(memory: WebAssembly.Memory, allowed: { readonly limit: number }): void {
  memory.grow = (pages: number) => {
    if (memory.buffer.byteLength + pages * 65536 > allowed.limit) throw new RangeError('out of memory');
    return WebAssembly.Memory.prototype.grow.call(memory, pages);
  };
}

async function glueOf(codec: WasmCodec): Promise<Glue> {
  switch (codec) {
    case 'charls':
      return (await import('@cornerstonejs/codec-charls/decodewasmjs')).default;
    case 'openjpeg':
      return (await import('@cornerstonejs/codec-openjpeg/decodewasmjs')).default;
    case 'libjpeg-turbo-8bit':
      return (await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs')).default;
  }
}
