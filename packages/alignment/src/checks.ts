import type { LossInput } from '@raca/core';

/** @throws RangeError unless tokens, patches, presence, masks and sentence regions of a batch fit each other and the width d */
export function checkAligned({ tokens, embedded, features, masks, sentenceRegions }: LossInput, d: number) {
  const { patches, present } = features;
  const [b, t] = tokens.shape;
  const p = patches.shape[1];
  expectShape('embedded tokens', embedded.shape, [b, t, d]);
  expectShape('patches', patches.shape, [b, p, d]);
  if (present) expectShape('presence', present.shape, [b, p]);
  if (masks) expectShape('masks', masks.shape, [b, masks.shape[1], p]);
  if (sentenceRegions.length !== b) {
    throw new RangeError(
      `alignment: expected sentence regions of ${b} studies, got ${sentenceRegions.length}`,
    );
  }
}

function expectShape(what: string, found: readonly number[], expected: readonly number[]): void {
  if (found.length !== expected.length || found.some((s, i) => s !== expected[i])) {
    throw new RangeError(`alignment: ${what} must have shape [${expected}], got [${found}]`);
  }
}
