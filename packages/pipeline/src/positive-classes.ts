import { CHEXPERT_14, type ChexpertClass, labelReport } from '@raca/metrics';

/** CheXpert classes that the rule labeler finds positive in a sentence, "No Finding" apart. */
export function positiveClasses(sentence: string): ChexpertClass[] {
  const labels = labelReport(sentence);
  return CHEXPERT_14.filter((name) => name !== 'No Finding' && labels[name] === 1);
}
