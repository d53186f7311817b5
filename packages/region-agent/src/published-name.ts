/** A parameter's place among the published weights. */
export interface PublishedName {
  /** PyTorch's name, such as `agent1.actor.0.weight`. */
  readonly name: string;
  /** Whether the published matrix is the transpose of ours. */
  readonly transpose: boolean;
}

const LAYERS: Readonly<Record<string, number>> = { inner: 0, outer: 2 };

/**
 * Where a parameter of `publishedAgent` is found in the published weights.
 * @throws RangeError for a name that it does not have
 */
export function publishedName(name: string): PublishedName {
  if (name === 'embedding.weight') return { name: 'model.organs_embedding.lut.weight', transpose: false };
  const [, network, layer, leaf] = /^(actor|critic)\.(inner|outer)\.(weight|bias)$/.exec(name) ?? [];
  if (network === undefined) {
    throw new RangeError(`publishedName: not a parameter of publishedAgent: ${name}`);
  }
  return { name: `agent1.${network}.${LAYERS[layer]}.${leaf}`, transpose: leaf === 'weight' };
}
