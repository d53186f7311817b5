import type { ContextEncoder, Random } from '@raca/core';

export default function ownContext(
  config: Readonly<Record<string, unknown>>,
  sizes: { width: number; contextVocabularySize: number },
  random: Random,
): ContextEncoder;
