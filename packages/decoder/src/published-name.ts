/** A parameter's place among the published weights. */
export interface PublishedName {
  /** PyTorch name in the published model. */
  readonly name: string;
  /** PyTorch keeps a linear weight as `[out, in]`, we as `[in, out]`. */
  readonly transpose: boolean;
}

const ATTENTION = ['query', 'key', 'value', 'output'];
const FEED_FORWARD: Readonly<Record<string, string>> = { inner: 'w_1', outer: 'w_2' };
const BLOCKS: Readonly<Record<string, string>> = {
  selfAttention: 'self_attn',
  crossAttention: 'src_attn',
  attention: 'self_attn',
};
const SINGLE: Readonly<Record<string, string>> = {
  'embedding.weight': 'model.tgt_embed.0.lut.weight',
  'norm.gamma': 'model.decoder.norm.gamma',
  'norm.beta': 'model.decoder.norm.beta',
  'encoder.norm.gamma': 'model.encoder.norm.gamma',
  'encoder.norm.beta': 'model.encoder.norm.beta',
  'memory.matrix': 'memory_matrix',
};
/** Two linear maps with a ReLU between, in a PyTorch sequence. */
const SEQUENCE: Readonly<Record<string, string>> = { inner: '0', outer: '2' };
const CONDITIONAL: Readonly<Record<string, string>> = { gammaMlp: 'mlp_gamma', betaMlp: 'mlp_beta' };

/**
 * Where the published models (RACA, R2Gen, R2GenCMN) keep a parameter of a decoder. R2GenCMN calls the γ and β of
 * norms `a_2` and `b_2`; the names here are the others'.
 * @throws RangeError for a name that is none
 */
export function publishedName(name: string): PublishedName {
  const single = Object.hasOwn(SINGLE, name) ? SINGLE[name] : undefined;
  const found = single ?? ownLinear(name) ?? memoryLinear(name) ?? inLayer(name);
  if (found === undefined) throw new RangeError(`publishedName: not a parameter of the decoder: ${name}`);
  return { name: found, transpose: name.endsWith('.weight') && name !== 'embedding.weight' };
}

function ownLinear(name: string): string | undefined {
  const [, kind] = /^output\.(weight|bias)$/.exec(name) ?? [];
  return kind && `logit.${kind}`;
}

/** Relational memory of R2Gen, memory matrix of R2GenCMN. */
function memoryLinear(name: string): string | undefined {
  const [, memory, part, inner, kind] =
    /^(relationalMemory|memory)\.(\w+)(?:\.(\w+))?\.(weight|bias)$/.exec(name) ?? [];
  if (part === 'attention' && ATTENTION.includes(inner)) {
    const module = memory === 'memory' ? 'cmn' : 'model.rm.attn';
    return `${module}.linears.${ATTENTION.indexOf(inner)}.${kind}`;
  }
  if (memory !== 'relationalMemory') return undefined;
  if (part === 'mlp' && Object.hasOwn(SEQUENCE, inner)) return `model.rm.mlp.${SEQUENCE[inner]}.${kind}`;
  if (inner !== undefined) return undefined;
  if (part === 'tokenGates') return `model.rm.W.${kind}`;
  return part === 'memoryGates' ? `model.rm.U.${kind}` : undefined;
}

function inLayer(name: string): string | undefined {
  const [, encoder, layer, rest] = /^(encoder\.)?layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (rest === undefined) return undefined;
  const at = `model.${encoder ? 'encoder' : 'decoder'}.layers.${layer}`;
  const [part, inner, kind, ...more] = rest.split('.');
  if (part === 'norms') {
    if (kind === 'gamma' || kind === 'beta') return `${at}.sublayer.${inner}.norm.${kind}`;
    const [which, leaf] = more;
    if (!Object.hasOwn(CONDITIONAL, kind) || !Object.hasOwn(SEQUENCE, which)) return undefined;
    return `${at}.sublayer.${inner}.norm.${CONDITIONAL[kind]}.${SEQUENCE[which]}.${leaf}`;
  }
  if (more.length > 0 || (kind !== 'weight' && kind !== 'bias')) return undefined;
  if (part === 'feedForward' && Object.hasOwn(FEED_FORWARD, inner)) {
    return `${at}.feed_forward.${FEED_FORWARD[inner]}.${kind}`;
  }
  const fits =
    Object.hasOwn(BLOCKS, part) && (part === 'attention') === Boolean(encoder) && ATTENTION.includes(inner);
  return fits ? `${at}.${BLOCKS[part]}.linears.${ATTENTION.indexOf(inner)}.${kind}` : undefined;
}
