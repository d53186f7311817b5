import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/**
 * Seeded randomness whose state can be saved: the same seed gives the same numbers on every machine.
 * Generator: xoroshiro128+ of `pure-rand`. Every consumer (data order, dropout, agent, phantom) takes its
 * own stream with {@link Random.split}, so that adding draws to one does not move the others.
 */
export class Random {
  private generator: ReturnType<typeof xoroshiro128plus>;

  /**
   * @param seed any integer; 0 is a seed like others
   * @param unset for modules whose weights are loaded right after they are made: `Parameters` of this stream and of its
   *   splits draw nothing, leave each weight at 0 and put it in here
   */
  constructor(
    private readonly seed: number,
    readonly unset: Set<object> | null = null,
  ) {
    if (!Number.isInteger(seed)) throw new RangeError(`Random: seed must be an integer, got ${seed}`);
    this.generator = xoroshiro128plus(mix32(seed));
  }

  /** A generator that goes on where {@link state} was taken. */
  static fromState(state: readonly number[]): Random {
    const [seed, ...inner] = state;
    if (state.length !== 5 || !state.every(Number.isInteger)) {
      throw new RangeError(`Random.fromState: expected 5 integers, got [${state}]`);
    }
    const random = new Random(seed);
    random.generator = xoroshiro128plusFromState(inner);
    return random;
  }

  /** Five integers: the seed, then the generator's 128 bits. */
  state(): number[] {
    return [this.seed, ...this.generator.getState()];
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
    return this.generator.next() >>> 0;
  }

  /** Uniform in [0, 1), 32 bits. */
  next(): number {
    return (this.generator.next() >>> 0) / 4294967296;
  }

  /** Uniform in [lo, hi). */
  uniform(lo: number, hi: number): number {
    return lo + (hi - lo) * this.next();
  }

  /** Uniform integer in [0, n), n ≤ 2^32; bias below n / 2^32. */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Standard normal (Box–Muller, two draws a number). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** One element. @throws RangeError on an empty list */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Random.pick: empty list');
    return items[this.int(items.length)];
  }

  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const out = items.slice();
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  /** An independent stream named by `label`; depends on the seed and the label only, not on draws made. */
  split(label: string | number): Random {
    return new Random(mix32(this.seed ^ fnv1a(`${label}`)) | 0, this.unset);
  }

  /** Fills `out` with 0 (probability `rate`) or `1 / (1 − rate)`: an inverted dropout mask. */
  fillDropout(out: Float32Array, rate: number): Float32Array {
    const threshold = Math.round(rate * 65536);
    const keep = 1 / (1 - rate);
    const n = out.length;
    for (let i = 0; i < n; i += 2) {
      const bits = this.generator.next();
      out[i] = bits >>> 16 < threshold ? 0 : keep;
      if (i + 1 < n) out[i + 1] = (bits & 0xffff) < threshold ? 0 : keep;
    }
    return out;
  }
}

/** 32-bit FNV-1a hash of a string's UTF-16 code units' low and high bytes (ASCII: the usual FNV-1a). */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    hash = Math.imul(hash ^ (code & 0xff), 0x01000193);
    if (code > 0xff) hash = Math.imul(hash ^ (code >>> 8), 0x01000193);
  }
  return hash >>> 0;
}

/** Spreads close seeds apart (finaliser of MurmurHash3). */
function mix32(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
