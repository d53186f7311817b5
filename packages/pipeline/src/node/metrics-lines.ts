/**
 * One line of `metrics.jsonl`: numbers of a training step, or of a validation. Epochs count from 1; 0 is the validation of
 * the weights that a run started from. In runs of earlier versions they counted from 0 on file.
 */
export type MetricsLine = {
  readonly step: number;
  readonly epoch: number;
  readonly kind: 'train' | 'val';
} & Record<string, number | string>;

/** Lines of the file, epochs from 1 whichever version wrote it; a line that a kill cut off is left out. */
export function parseMetrics(text: string): MetricsLine[] {
  const lines = text.split('\n').flatMap((line) => {
    try {
      return line ? [JSON.parse(line) as MetricsLine] : [];
    } catch {
      return [];
    }
  });
  // A step is done in epoch 1 at the earliest: an epoch 0 with steps, or one below 0, is counted the earlier way.
  const fromZero = lines.some(({ epoch, step }) => epoch < 0 || (epoch === 0 && step > 0));
  return fromZero ? lines.map((line) => ({ ...line, epoch: line.epoch + 1 }) as MetricsLine) : lines;
}
