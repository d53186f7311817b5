/**
 * Largest sizes that a config may ask for. They lie far above any model of this kind, and only there so that a mistyped or
 * a hostile config is refused in one line before it takes memory.
 */
export const LARGEST = {
  /** Width of vectors: of the model, hidden layers, heads' sum, channels of convolutions. */
  width: 8192,
  feedForward: 32_768,
  layers: 128,
  heads: 512,
  /** Side of an image, in pixels. */
  imageSize: 4096,
  views: 64,
  /** Rows or columns of patches per view. */
  gridSide: 256,
  /** Patches of a study, all views together. */
  patches: 16_384,
  /** Tokens of a report. */
  tokens: 8192,
  /** Words of a vocabulary. */
  words: 1_000_000,
  regions: 1024,
  /** Rows of a decoder's memory. */
  memoryRows: 65_536,
  /** Studies of one step. */
  batch: 4096,
  /** Pixels of all images of one step. */
  pixelsPerStep: 2 ** 28,
  /** Values of all patches, or all tokens, of one step. */
  valuesPerStep: 2 ** 28,
  /** Weights of one module. */
  weights: 500_000_000,
  /** Beams, or reports sampled per study. */
  reports: 256,
  /** Passes over the data, or any other count of rounds. */
  rounds: 1_000_000,
} as const;
