/** Where a weight lies in the published PyTorch model. */
export interface PublishedName {
  readonly name: string;
  /** Whether the layouts differ: matrices `[out, in]` there, `[in, out]` here; filters OIHW there, HWIO here. */
  readonly transpose: boolean;
}

const ATTENTION = ['query', 'key', 'value', 'output'];
const FEED_FORWARD: Record<string, string> = { inner: 'w_1', outer: 'w_2' };
/** Children of torchvision's ResNet in their order there; the published code keeps them in a sequence. */
const CHILDREN = ['conv1', 'bn1', 'relu', 'maxpool', 'layer1', 'layer2', 'layer3', 'layer4'];

/**
 * Name of a weight of {@link visualTransformer} in the published PyTorch model.
 * @param name relative to the module, such as `encoder.layers.0.attention.query.weight`
 * @throws RangeError for a weight that the published model does not have, such as positions
 */
export function publishedName(name: string): PublishedName {
  const transpose = /(^|\.)(embed|query|key|value|output|inner|outer)\.weight$/.test(name);
  const parts = name.split('.');
  const [head, ...rest] = parts;
  if (head === 'embed') return { name: `att_embed.0.${rest[0]}`, transpose };
  if (head === 'encoder' && rest[0] === 'norm') return { name: `model.${name}`, transpose };
  if (head === 'encoder' && rest[0] === 'layers') {
    const [, layer, part, which, leaf] = rest;
    const inner = sublayer(part, which);
    if (inner) return { name: `model.encoder.layers.${layer}.${inner}.${leaf}`, transpose };
  }
  if (head === 'backbone' && CHILDREN.includes(rest[0])) {
    const child = `${CHILDREN.indexOf(rest[0])}.${rest.slice(1).join('.')}`;
    return { name: `visual_extractor.model.${child}`, transpose: isFilter(rest.join('.')) };
  }
  throw new RangeError(`publishedName: the published model has no weight ${name}`);
}

/** Whether a torchvision name belongs to a convolution's filter. */
export const isFilter = (name: string): boolean => /(^|\.)(conv\d|downsample\.0)\.weight$/.test(name);

function sublayer(part: string, which: string): string | undefined {
  if (part === 'attention' && ATTENTION.includes(which)) {
    return `self_attn.linears.${ATTENTION.indexOf(which)}`;
  }
  if (part === 'feedForward' && FEED_FORWARD[which]) return `feed_forward.${FEED_FORWARD[which]}`;
  return part === 'norms' ? `sublayer.${which}.norm` : undefined;
}

/** A torchvision name from that of the sequence; others as they are. */
export const fromSequence = (name: string): string =>
  name.replace(/^visual_extractor\.model\.(\d)\./, (whole, child) =>
    Number(child) < CHILDREN.length ? `${CHILDREN[Number(child)]}.` : whole,
  );
