/** A parameter's place among the published weights. */
export interface PublishedName {
  /** PyTorch name in the published model. */
  readonly name: string;
  /** PyTorch keeps a linear weight as `[out, in]`, we as `[in, out]`. */
  readonly transpose: boolean;
}

const PARTS: Readonly<Record<string, string>> = {
  query: 'global_query',
  key: 'global_key',
  value: 'global_value',
  mix: 'dimension_reduction',
  output: 'fusion.0',
};

/** Where the published model keeps a parameter of {@link bca}. @throws RangeError for a name that is none */
export function publishedName(name: string): PublishedName {
  const [part, kind, ...rest] = name.split('.');
  if (!Object.hasOwn(PARTS, part) || rest.length > 0 || (kind !== 'weight' && kind !== 'bias')) {
    throw new RangeError(`publishedName: not a parameter of bca: ${name}`);
  }
  return { name: `model.esf.${PARTS[part]}.${kind}`, transpose: kind === 'weight' };
}
