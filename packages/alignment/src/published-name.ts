/** A parameter's place among the published weights. */
export interface PublishedName {
  /** PyTorch's name, such as `model.projection.weight`. */
  readonly name: string;
  /** Whether the published matrix is the transpose of ours. */
  readonly transpose: boolean;
}

const ATTENTION = ['query', 'key', 'value', 'output'];
const FEED_FORWARD: Readonly<Record<string, string>> = { inner: 'w_1', outer: 'w_2' };

/**
 * Where a parameter of {@link contrastiveAlignment} is found in the published weights.
 * @throws RangeError for a name that the module does not have
 */
export function publishedName(name: string): PublishedName {
  const [, rest] = /^encoder\.(.+)$/.exec(name) ?? [];
  if (name.startsWith('projection.')) return { name: `model.${name}`, transpose: isMatrix(name) };
  if (rest !== undefined) {
    return { name: `model.tencoder.encoder.${encoderName(rest, name)}`, transpose: isMatrix(name) };
  }
  throw unknown(name);
}

function encoderName(rest: string, name: string): string {
  if (/^norm\.(gamma|beta)$/.test(rest)) return rest;
  const [, layer, part, inner, leaf] = /^layers\.(\d+)\.(\w+)\.(\w+)\.(\w+)$/.exec(rest) ?? [];
  if (part === 'attention' && ATTENTION.includes(inner)) {
    return `layers.${layer}.self_attn.linears.${ATTENTION.indexOf(inner)}.${leaf}`;
  }
  if (part === 'feedForward' && FEED_FORWARD[inner]) {
    return `layers.${layer}.feed_forward.${FEED_FORWARD[inner]}.${leaf}`;
  }
  if (part === 'norms') return `layers.${layer}.sublayer.${inner}.norm.${leaf}`;
  throw unknown(name);
}

const isMatrix = (name: string): boolean => name.endsWith('.weight');
const unknown = (name: string): RangeError =>
  new RangeError(`publishedName: not a parameter of alignment: ${name}`);
