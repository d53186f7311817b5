import { contradicts, type LabelledReport, type LabelledSentence } from '../labelled-reports';

/** One correction of a written report by sentences of its reference. */
export interface SentenceEdit {
  readonly kind: 'swap' | 'delete' | 'insert';
  readonly report: LabelledReport;
}

/** Options of {@link editSentence}. */
export interface EditOptions {
  /** How near a reference's sentence is to a false one, 0 to 1; {@link agreement} if absent. */
  readonly similarity?: (written: LabelledSentence, reference: LabelledSentence) => number;
  /** Least similarity for a swap; 0.6 if absent. */
  readonly threshold?: number;
}

/**
 * The first correction that can be made, null where there is none, in this order of kinds:
 * 1. swap a false sentence for the reference's most similar one, if that is similar enough;
 * 2. delete a false sentence;
 * 3. insert, at the end, a sentence of the reference that is missed.
 *
 * A sentence is false where one of its labels is nowhere in the reference, missed where one of its labels is nowhere in
 * the written report. Of several the first in report order is taken. A sentence that is written already is not swapped in.
 *
 * @see Zhang et al. 2025, arXiv:2509.22812: it compares entities by embeddings; labels and regions stand in for them here
 */
export function editSentence(
  written: LabelledReport,
  reference: LabelledReport,
  { similarity = agreement, threshold = 0.6 }: EditOptions = {},
): SentenceEdit | null {
  const unwritten = reference.filter((sentence) => !written.some((other) => sameWords(sentence, other)));
  const wrong = [...written.keys()].filter((i) => contradicts(written[i], reference));
  for (const i of wrong) {
    const best = mostSimilar(written[i], unwritten, similarity);
    if (best && best.similarity >= threshold) {
      return { kind: 'swap', report: written.map((sentence, j) => (j === i ? best.sentence : sentence)) };
    }
  }
  if (wrong.length > 0) return { kind: 'delete', report: written.filter((_, j) => j !== wrong[0]) };
  const missed = reference.find((sentence) => contradicts(sentence, written));
  return missed ? { kind: 'insert', report: [...written, missed] } : null;
}

/**
 * Share of a written sentence's findings that the reference's sentence speaks of, in whatever state; where both name
 * regions, the mean of that and the share of its regions.
 */
export function agreement(written: LabelledSentence, reference: LabelledSentence): number {
  const findings = Object.keys(written.labels);
  const ofFindings = share(findings, (finding) => Object.hasOwn(reference.labels, finding));
  if (!written.regions?.length || !reference.regions?.length) return ofFindings;
  const { regions } = reference;
  return (ofFindings + share(written.regions, (region) => regions.includes(region))) / 2;
}

/** The first of the most similar sentences; null of none. */
function mostSimilar(
  written: LabelledSentence,
  sentences: LabelledReport,
  similarity: NonNullable<EditOptions['similarity']>,
): { sentence: LabelledSentence; similarity: number } | null {
  let best: { sentence: LabelledSentence; similarity: number } | null = null;
  for (const sentence of sentences) {
    const near = similarity(written, sentence);
    if (!best || near > best.similarity) best = { sentence, similarity: near };
  }
  return best;
}

const sameWords = (a: LabelledSentence, b: LabelledSentence): boolean =>
  a.words.length === b.words.length && Array.from(a.words).every((id, i) => id === b.words[i]);

const share = <T>(xs: readonly T[], holds: (x: T) => boolean): number =>
  xs.length === 0 ? 0 : xs.filter(holds).length / xs.length;
