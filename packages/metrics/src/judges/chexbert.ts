import type { ChexpertClass, ReportLabels } from '../labels/classes';
import type { ModelOutput, TokenEncoder } from './bertscore';

/** CheXbert's heads in the order of its output: 13 findings with 4 classes, then No Finding with 2. */
const HEADS: readonly ChexpertClass[] = [
  'Enlarged Cardiomediastinum',
  'Cardiomegaly',
  'Lung Opacity',
  'Lung Lesion',
  'Edema',
  'Consolidation',
  'Pneumonia',
  'Atelectasis',
  'Pneumothorax',
  'Pleural Effusion',
  'Pleural Other',
  'Fracture',
  'Support Devices',
  'No Finding',
];

/** Class 0 is "not mentioned"; then positive, negative, uncertain. */
const VALUES = [undefined, 1, 0, -1] as const;

/** A CheXbert of the user's (its weights have terms of their own): tokeniser and model, in ONNX or anything else. */
export interface ChexbertModel extends Pick<TokenEncoder, 'tokenize'> {
  /** One output a head, `[1, 4]` or `[4]` (No Finding: 2), for one row of tokens. */
  classify(tokens: readonly number[]): Promise<readonly ModelOutput[]>;
}

/**
 * Labels by CheXbert, behind the interface of the rule labeler: pass the result to `clinicalF1({ labeler })`, and name
 * the model beside the number. Reports are labelled once, ahead, since scorers do not wait.
 *
 * @param reports every text that will be scored, references and hypotheses
 * @returns a labeler of these texts; it throws an Error for any other
 * @throws Error if the model does not give 14 heads of 4 (No Finding: 2) numbers
 * @see Smit et al., CheXbert, EMNLP 2020, arXiv:2004.09167
 */
export async function chexbertLabeler(
  reports: Iterable<string>,
  model: ChexbertModel,
): Promise<(report: string) => ReportLabels> {
  const known = new Map<string, ReportLabels>();
  for (const report of new Set(reports)) {
    known.set(report, labelsOf(await model.classify(model.tokenize(report))));
  }
  return (report) => {
    const labels = known.get(report);
    if (!labels) throw new Error(`chexbertLabeler: not among the labelled reports: "${report.slice(0, 60)}"`);
    return labels;
  };
}

function labelsOf(outputs: readonly ModelOutput[]): ReportLabels {
  if (outputs.length !== HEADS.length) {
    throw new Error(`chexbertLabeler: expected ${HEADS.length} heads, found ${outputs.length}`);
  }
  const labels: ReportLabels = {};
  HEADS.forEach((name, i) => {
    const { data } = outputs[i]!;
    const classes = name === 'No Finding' ? 2 : VALUES.length;
    if (data.length !== classes) {
      throw new Error(
        `chexbertLabeler: head ${i} (${name}): expected ${classes} numbers, found ${data.length}`,
      );
    }
    let best = 0;
    for (let k = 1; k < classes; k++) if (data[k]! > data[best]!) best = k;
    const value = VALUES[best];
    if (value !== undefined) labels[name] = value;
  });
  return labels;
}
