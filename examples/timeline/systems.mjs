import { parseRunConfig, smallConfig } from '@raca/pipeline';

/** @param {object} config of the context */
const studyContext = (config) => ({
  use: 'study-context',
  config: { heads: 4, feedForward: 192, dropout: 0, ...config },
});

/**
 * What is trained. `base` reads pictures alone; `repeat` gets the only picture of a study twice, as the published systems do.
 * The others go on from `base` for a few epochs: `none` as it is, `prior` with the earlier study, `indication` with the indication, which half
 * of the time is another patient's in training: without that, a model repeats what it is told (3 of 10 wrong indications).
 */
export const SYSTEMS = {
  base: { from: null, model: {} },
  repeat: { from: null, model: { missingViews: 'repeat' } },
  none: { from: 'base', model: {} },
  prior: { from: 'base', model: { context: studyContext({ fields: [], prior: true }) } },
  indication: { from: 'base', model: { context: studyContext({ fields: ['indication'], exchange: 0.5 }) } },
};

/**
 * The config of a system: `small`; those that go on have a schedule of their own.
 * @param {keyof typeof SYSTEMS} system
 * @param {number} seed
 * @param {{ epochs: number, more: number }} epochs from the start, and of those that go on
 */
export function configOf(system, seed, { epochs, more }) {
  const { model, training } = smallConfig();
  const { from, model: own } = SYSTEMS[system];
  const length = from === null ? { epochs } : { epochs: more, eyesFirst: 0, selection: 'bleu4' };
  return parseRunConfig({ model: { ...model, ...own }, training: { ...training, seed, ...length } });
}
