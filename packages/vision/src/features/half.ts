import { halfToFloat } from '@raca/core';

/** Half-precision bits of float32 values (IEEE 754 binary16), rounded to nearest, ties to even. */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const sign = (bits[i] >>> 16) & 0x8000;
    const magnitude = bits[i] & 0x7fffffff;
    if (magnitude >= 0x47800000) {
      out[i] = sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00); // NaN, or 65536 and above
    } else if (magnitude >= 0x38800000) {
      const rebased = magnitude - 0x38000000; // exponent bias 127 → 15
      out[i] = sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
    } else {
      out[i] = sign | subnormal(magnitude);
    }
  }
  return out;
}

/** Float32 values of half-precision bits. */
export function fromHalf(bits: Uint16Array, out: Float32Array = new Float32Array(bits.length)): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, i) => halfToFloat(i));
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]];
  return out;
}

let table: Float32Array | undefined;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** Below 2⁻¹⁴: next to 0.5 the last bit of a float32 counts 2⁻²⁴, the step of subnormal halves. */
function subnormal(magnitude: number): number {
  word[0] = magnitude;
  float[0] = float[0] + 0.5;
  return word[0] - 0x3f000000;
}
