import { viewKindsOf } from '@raca/data';
import { imageFile } from '@raca/data/node';
import { generateStudies } from '@raca/pipeline/node';
import { positives } from './measures.mjs';

/** What an indication names, as a class of the labeler. */
const CLASS_OF = {
  fracture: 'Fracture',
  nodule: 'Lung Lesion',
  mass: 'Lung Lesion',
  'pleural thickening': 'Pleural Other',
  pneumothorax: 'Pneumothorax',
  opacity: 'Lung Opacity',
  atelectasis: 'Atelectasis',
  cardiomegaly: 'Cardiomegaly',
  consolidation: 'Consolidation',
  effusion: 'Pleural Effusion',
  edema: 'Edema',
};

/**
 * Gives each test study the telling indication of another patient, which names what the study does not have, and counts the
 * reports that state it all the same; and those that state it without any indication.
 * @param {import('@raca/pipeline/node').LoadedRun} loaded a model that reads indications
 */
export async function following(loaded, dataset, truth) {
  const { test } = dataset.annotation;
  const told = test.flatMap((study) => {
    const { indication } = truth.studies[study.id];
    const name = indication && CLASS_OF[indication.finding];
    return name ? [{ study, name }] : [];
  });
  const cases = test.flatMap((study, i) => {
    const has = positives(study.report);
    const turned = [...told.slice(i % told.length), ...told.slice(0, i % told.length)];
    const other = turned.find(
      ({ study: from, name }) => from.patient !== study.patient && !has.includes(name),
    );
    return other ? [{ study, name: other.name, indication: other.study.indication }] : [];
  });
  const stated = async (indicationOf) => {
    const list = cases.map((given) => ({
      id: given.study.id,
      images: given.study.image_path.map((path) => imageFile(dataset.dir, path)),
      context: { views: viewKindsOf(given.study), ...indicationOf(given) },
    }));
    let count = 0;
    let i = 0;
    for await (const made of generateStudies(loaded, list, { batchSize: 32 }))
      if (positives(made.report).includes(cases[i++].name)) count++;
    return count;
  };
  return {
    asked: cases.length,
    followed: await stated(({ indication }) => ({ indication })),
    without: await stated(() => ({})),
  };
}
