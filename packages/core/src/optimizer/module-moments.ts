import { ADAM_BASE64 } from './adam.bytes';
import type { Coefficients, Moments } from './moments';

/** What `assembly/` exports. Pointers are byte offsets. */
interface Exports {
  update(
    ...args: [
      ...arrays: [weights: number, gradient: number, first: number, second: number, largest: number],
      n: number,
      ...limits: [clip: number, decay: number],
      ...rates: [beta1: number, rest1: number, beta2: number, rest2: number],
      ...move: [stepSize: number, floor: number],
    ]
  ): void;
}

/** Weights that pass through the module at a time: they and their gradient, 32 kB, stay in the cache. */
const CHUNK = 4096;
const PAGE_BYTES = 65536;

/**
 * Moments that live in the memory of a WebAssembly module of our own, which updates four weights at a time; weights and
 * gradients pass through in chunks. The memory never grows, so views of it stay valid.
 *
 * @returns null where WebAssembly with SIMD or so much memory cannot be had
 */
export function moduleMoments(sizes: readonly number[], amsgrad: boolean): Moments[] | null {
  const arrays = amsgrad ? 3 : 2;
  const floats = sizes.reduce((sum, size) => sum + arrays * padded(size), 2 * CHUNK);
  const made = instantiate(Math.ceil((4 * floats) / PAGE_BYTES));
  if (made === null) return null;
  const { update, buffer } = made;
  const weightsIn = new Float32Array(buffer, 0, CHUNK);
  const gradientIn = new Float32Array(buffer, 4 * CHUNK, CHUNK);
  let end = 8 * CHUNK;
  const zeros = (size: number): Float32Array => {
    const array = new Float32Array(buffer, end, size);
    end += 4 * padded(size);
    return array;
  };

  function step(
    this: Moments,
    weights: Float32Array,
    gradient: Float32Array,
    out: Float32Array,
    { clip, decay, betas, stepSize, floor }: Coefficients,
  ): void {
    const { first, second, largest } = this;
    const [b1, b2] = betas;
    for (let i = 0; i < out.length; i += CHUNK) {
      const n = Math.min(CHUNK, out.length - i);
      weightsIn.set(part(weights, i, n));
      gradientIn.set(part(gradient, i, n));
      update(
        weightsIn.byteOffset,
        gradientIn.byteOffset,
        first.byteOffset + 4 * i,
        second.byteOffset + 4 * i,
        largest === null ? 0 : largest.byteOffset + 4 * i,
        n,
        clip,
        decay,
        b1,
        1 - b1,
        b2,
        1 - b2,
        stepSize,
        floor,
      );
      out.set(part(weightsIn, 0, n), i);
    }
  }

  return sizes.map((size) => ({
    first: zeros(size),
    second: zeros(size),
    largest: amsgrad ? zeros(size) : null,
    step,
  }));
}

function instantiate(pages: number): { update: Exports['update']; buffer: ArrayBuffer } | null {
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const bytes = Uint8Array.from(atob(ADAM_BASE64), (c) => c.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return { update: (exports as unknown as Exports).update, buffer: memory.buffer };
  } catch {
    return null; // no WebAssembly, no SIMD, a page that forbids it, or too little memory
  }
}

/** Room for whole groups of four, 16 bytes. */
function padded(size: number): number {
  return 4 * Math.ceil(size / 4);
}

/** `n` elements from `start` on, without a new object where these are all. */
function part(array: Float32Array, start: number, n: number): Float32Array {
  return n === array.length ? array : array.subarray(start, start + n);
}
