/** Arrays shorter than this come from the ordinary allocator: a fresh one costs less than looking for a used one. */
const SMALLEST_BYTES = 4096;
/** Size classes in one doubling; the largest waste is 1/8 of a buffer. */
const STEPS = 8;

/** What a typed array must offer to be pooled. */
export type PooledArray = Float32Array | Int32Array | Uint8Array;
type ArrayType<T extends PooledArray> = new (buffer: ArrayBuffer, offset: number, length: number) => T;

interface Lease {
  users: number;
  /** The view handed out last: the same length is asked for again and again. */
  view: PooledArray;
}

/**
 * Output memory that is used again: a fresh large array costs more in page faults than the arithmetic that fills it.
 *
 * A buffer counts the data buckets that look into it. Slices and reshapes share buffers, so counting buckets rather
 * than trusting one owner keeps a buffer out of the pool until the last view of it is gone. Arrays that this pool did
 * not hand out pass through `retain` and `release` unnoticed.
 */
export class BufferPool {
  /** Weak, so that an array dropped on the way (a kernel that throws) costs one buffer of reuse and no memory. */
  private readonly leases = new WeakMap<ArrayBufferLike, Lease>();
  private leasedNow = 0;
  private readonly idle = new Map<number, Lease[]>();
  private idleBytesNow = 0;

  /** @param maxIdleBytes buffers beyond this many idle bytes are left to the garbage collector */
  constructor(private readonly maxIdleBytes: number) {}

  /** Bytes that wait for their next use. */
  get idleBytes(): number {
    return this.idleBytesNow;
  }

  /** Buffers that at least one bucket looks into. */
  get leased(): number {
    return this.leasedNow;
  }

  /** An array of `length` elements with ANY contents. It belongs to nobody until a bucket is made of it (`retain`). */
  take<T extends PooledArray>(type: ArrayType<T> & { BYTES_PER_ELEMENT: number }, length: number): T {
    const bytes = length * type.BYTES_PER_ELEMENT;
    if (bytes < SMALLEST_BYTES) return new type(new ArrayBuffer(bytes), 0, length);
    const size = sizeClass(bytes);
    const used = this.idle.get(size)?.pop();
    if (used !== undefined) this.idleBytesNow -= size;
    const buffer = (used?.view.buffer ?? new ArrayBuffer(size)) as ArrayBuffer;
    const fits = used !== undefined && used.view instanceof type && used.view.length === length;
    const view = fits ? (used.view as T) : new type(buffer, 0, length);
    this.leases.set(buffer, { users: 0, view });
    return view;
  }

  /** True if `values` looks into a buffer of this pool: such an array must not leave the backend. */
  owns(values: ArrayBufferView): boolean {
    return this.leases.has(values.buffer);
  }

  /** One more bucket looks into the buffer of `values`. */
  retain(values: ArrayBufferView): void {
    const lease = this.leases.get(values.buffer);
    if (lease !== undefined && lease.users++ === 0) this.leasedNow++;
  }

  /** One bucket less; the last one returns the buffer. */
  release(values: ArrayBufferView): void {
    const lease = this.leases.get(values.buffer);
    if (lease === undefined || --lease.users > 0) return;
    this.leases.delete(values.buffer);
    this.leasedNow--;
    const size = values.buffer.byteLength;
    if (this.idleBytesNow + size > this.maxIdleBytes) return;
    this.idleBytesNow += size;
    const shelf = this.idle.get(size);
    if (shelf === undefined) this.idle.set(size, [lease]);
    else shelf.push(lease);
  }

  /** Forgets all idle buffers. */
  clear(): void {
    this.idle.clear();
    this.idleBytesNow = 0;
  }
}

/** `bytes` rounded up to one of eight sizes in each doubling. */
function sizeClass(bytes: number): number {
  const step = 2 ** Math.floor(Math.log2(bytes)) / STEPS;
  return Math.ceil(bytes / step) * step;
}
