import { fnv1a, type StoredTensor, type VisionBackbone } from '@raca/core';

/**
 * The weights from which the golden features of ResNets were computed: each follows from its PyTorch name,
 * `u = 2 · mulberry32(seed) − 1` in C order of the PyTorch layout, seed = FNV-1a of the name.
 */
export function formulaWeights(backbone: VisionBackbone): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const bottleneck = backbone.parameters.has('layer1.0.conv3.weight');
  for (const [name, { shape }] of backbone.parameters) {
    const published = shape.length === 4 ? [shape[3], shape[2], shape[0], shape[1]] : shape;
    const values = new Float32Array(published.reduce((n, s) => n * s, 1));
    const draw = mulberry32(fnv1a(name));
    const map = formula(name, published, bottleneck);
    for (let i = 0; i < values.length; i++) values[i] = map(2 * draw() - 1);
    tensors.set(name, { dtype: 'F32', shape: published, bytes: new Uint8Array(values.buffer) });
  }
  return tensors;
}

/** `x[c, h, w] = sin(0.013 · ((c · S + h) · S + w))` as `[S, S, 3]`. */
export function formulaImage(size: number): Float32Array {
  const out = new Float32Array(size * size * 3);
  for (let h = 0; h < size; h++) {
    for (let w = 0; w < size; w++) {
      for (let c = 0; c < 3; c++) {
        out[(h * size + w) * 3 + c] = Math.sin(0.013 * ((c * size + h) * size + w));
      }
    }
  }
  return out;
}

function formula(name: string, shape: readonly number[], bottleneck: boolean): (u: number) => number {
  if (shape.length === 4) {
    const bound = Math.sqrt(6 / (shape[1] * shape[2] * shape[3]));
    return (u) => u * bound;
  }
  if (name.endsWith('running_var')) return (u) => 1 + 0.5 * Math.abs(u);
  if (name.endsWith('bias') || name.endsWith('running_mean')) return (u) => 0.1 * u;
  const last = bottleneck ? /bn3\.weight$/ : /^layer\d\.\d+\.bn2\.weight$/;
  const scale = last.test(name) ? 0.2 : 1;
  return (u) => scale * (1 + 0.1 * u);
}

/** Tommy Ettinger's generator, uniform in [0, 1). */
function mulberry32(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
