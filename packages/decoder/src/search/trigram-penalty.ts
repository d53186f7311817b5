/** The published strength: 2 ln 2, so that each repeat divides the probability by 4. */
export const TRIGRAM_PENALTY = 2 * Math.LN2;

/**
 * Lowers the log-probability of every word that would repeat a run of three words, once for each earlier time.
 *
 * @param logProbabilities of the next word, changed in place
 * @param words written so far
 * @see Melas-Kyriazi et al. 2018, "Training for Diversity in Image Paragraph Captioning"
 */
export function penaliseTrigrams(
  logProbabilities: Float64Array,
  words: readonly number[],
  penalty: number,
): void {
  const t = words.length;
  if (penalty === 0) return;
  for (let i = 0; i + 2 < t; i++) {
    if (words[i] === words[t - 2] && words[i + 1] === words[t - 1]) logProbabilities[words[i + 2]] -= penalty;
  }
}
