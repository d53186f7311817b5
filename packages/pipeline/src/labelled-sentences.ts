import { CHEXPERT_14, labelReport } from '@raca/metrics';
import { editSamples, type LabelledReport, type LabelledSentence, sentencesOf } from '@raca/objectives';
import type { SampleEditor } from './self-critical';

/** Reports as sentences with what the rule labeler finds in each; every sentence is read once. */
export class LabelledSentences {
  private readonly known = new Map<string, LabelledSentence['labels']>();

  /** @param separator id of the "." token */
  constructor(
    private readonly separator: number,
    private readonly decode: (ids: ArrayLike<number>) => string,
  ) {}

  /** @param words ids of one report, without the 0 at either end */
  report(words: ArrayLike<number>): LabelledReport {
    return sentencesOf(words, this.separator).map((sentence) => ({
      words: sentence,
      labels: this.labels(sentence),
    }));
  }

  private labels(sentence: readonly number[]): LabelledSentence['labels'] {
    const key = sentence.join(' ');
    let labels = this.known.get(key);
    if (!labels) {
      const found = labelReport(this.decode(sentence));
      const named = CHEXPERT_14.filter((name) => name !== 'No Finding' && found[name] !== undefined);
      labels = Object.fromEntries(named.map((name) => [name, found[name]!]));
      this.known.set(key, labels);
    }
    return labels;
  }
}

/** EditGRPO's corrections by the rule labeler: half of a study's samples are copied, corrected once, and take others' places. */
export const sampleEditor =
  (sentences: LabelledSentences): SampleEditor =>
  (samples, own, random) => {
    const { reports } = editSamples(
      samples.map((words) => sentences.report(words)),
      sentences.report(own),
      random,
    );
    return reports.map((report) => report.flatMap(({ words }) => Array.from(words)));
  };
