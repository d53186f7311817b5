import { fnv1a } from '@raca/core';

/**
 * Weights without a file: each follows from its PyTorch name, `u = 2 · mulberry32(seed) − 1` in C order of the
 * PyTorch layout, seed = 32-bit FNV-1a of the name.
 *
 * @param {import('@raca/core').NamedParameters} parameters of a ResNet, filters `[kh, kw, in, out]`
 * @returns {Map<string, import('@raca/core').StoredTensor>}
 */
export function formulaWeights(parameters) {
  const bottleneck = parameters.has('layer1.0.conv3.weight');
  const tensors = new Map();
  for (const [name, variable] of parameters) {
    const [kh, kw, input, output] = variable.shape;
    const shape = variable.rank === 4 ? [output, input, kh, kw] : variable.shape;
    const draw = mulberry32(fnv1a(name));
    const value = formula(name, shape, bottleneck);
    const values = Float32Array.from({ length: variable.size }, () => value(2 * draw() - 1));
    tensors.set(name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });
  }
  return tensors;
}

/**
 * Size and frequency of the image `x[0,c,h,w]=sin(f*((c*S+h)*S+w))` that a file's header describes.
 * @param {Readonly<Record<string, string>>} metadata
 * @throws Error for another formula
 */
export function parseImageFormula({ input = '', size = '' }) {
  const number = '(\\d+(?:\\.\\d+)?(?:e-?\\d+)?)';
  const form = new RegExp(`sin\\(${number}\\*\\(\\(c\\*(\\d+|S)\\+h\\)\\*(\\d+|S)\\+w\\)\\)$`);
  const [, step, rows, cols] = form.exec(input.replace(/\s/g, '')) ?? [];
  const side = Number(size || rows);
  const square = [rows, cols].every((text) => text === 'S' || Number(text) === side);
  if (step === undefined || !square || !Number.isSafeInteger(side) || side < 1) {
    const found = `"${input}" with size "${size}"`;
    throw new Error(`the header must give the input as x[0,c,h,w]=sin(f*((c*S+h)*S+w)), found ${found}`);
  }
  return { size: side, step: Number(step) };
}

/** `[S, S, 3]`. @param {number} size S @param {number} step f */
export function formulaImage(size, step) {
  const out = new Float32Array(size * size * 3);
  let at = 0;
  for (let h = 0; h < size; h++) {
    for (let w = 0; w < size; w++) {
      for (let c = 0; c < 3; c++) out[at++] = Math.sin(step * ((c * size + h) * size + w));
    }
  }
  return out;
}

/** @param {string} name @param {readonly number[]} shape @param {boolean} bottleneck */
function formula(name, shape, bottleneck) {
  if (shape.length === 4) {
    const bound = Math.sqrt(6 / (shape[1] * shape[2] * shape[3]));
    return (/** @type {number} */ u) => u * bound;
  }
  if (name.endsWith('running_var')) return (/** @type {number} */ u) => 1 + 0.5 * Math.abs(u);
  if (/(bias|running_mean)$/.test(name)) return (/** @type {number} */ u) => 0.1 * u;
  const last = bottleneck ? /bn3\.weight$/ : /^layer\d\.\d+\.bn2\.weight$/;
  const scale = last.test(name) ? 0.2 : 1;
  return (/** @type {number} */ u) => scale * (1 + 0.1 * u);
}

/** Tommy Ettinger's generator, uniform in [0, 1). @param {number} seed */
function mulberry32(seed) {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
