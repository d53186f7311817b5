/** A parameter's place among the published weights. */
export interface PublishedName {
  /** PyTorch name in the published model. */
  readonly name: string;
  /** PyTorch keeps a linear weight as `[out, in]`, we as `[in, out]`. */
  readonly transpose: boolean;
}

const LINEARS: Readonly<Record<string, string>> = {
  'selfAttention.query': 'self_attn.linears.0',
  'selfAttention.key': 'self_attn.linears.1',
  'selfAttention.value': 'self_attn.linears.2',
  'selfAttention.output': 'self_attn.linears.3',
  'crossAttention.query': 'src_attn.linears.0',
  'crossAttention.key': 'src_attn.linears.1',
  'crossAttention.value': 'src_attn.linears.2',
  'crossAttention.output': 'src_attn.linears.3',
  'feedForward.inner': 'feed_forward.w_1',
  'feedForward.outer': 'feed_forward.w_2',
};

/** Where the published model keeps a parameter of the decoder. @throws RangeError for a name that is none */
export function publishedName(name: string): PublishedName {
  if (name === 'embedding.weight') return { name: 'model.tgt_embed.0.lut.weight', transpose: false };
  const output = /^output\.(weight|bias)$/.exec(name);
  if (output) return { name: `logit.${output[1]}`, transpose: output[1] === 'weight' };
  const last = /^norm\.(gamma|beta)$/.exec(name);
  if (last) return { name: `model.decoder.norm.${last[1]}`, transpose: false };
  const norm = /^layers\.(\d+)\.norms\.([012])\.(gamma|beta)$/.exec(name);
  if (norm) {
    const [, layer, k, kind] = norm;
    return { name: `model.decoder.layers.${layer}.sublayer.${k}.norm.${kind}`, transpose: false };
  }
  const linear = /^layers\.(\d+)\.(\w+\.\w+)\.(weight|bias)$/.exec(name);
  if (linear && Object.hasOwn(LINEARS, linear[2])) {
    const [, layer, part, kind] = linear;
    return { name: `model.decoder.layers.${layer}.${LINEARS[part]}.${kind}`, transpose: kind === 'weight' };
  }
  throw new RangeError(`publishedName: not a parameter of the decoder: ${name}`);
}
