import { useBackend } from '@raca/backend/node';
import { buildVocabulary, Tokenizer } from '@raca/data';
import { expect, it } from 'vitest';
import { buildModel, MODULES } from '../modules';
import { tinyConfig } from '../tiny';
import { withFrozenBackbones } from './compiled';
import { modelContext } from './vocabularies';

await useBackend({ prefer: ['wasm'] });

it("freezes RACA's own backbones and leaves another's as it is", () => {
  const context = modelContext(new Tokenizer(buildVocabulary(['a .'], { threshold: 1 })), 1);
  const own = MODULES.backbone['small-cnn'];
  const table = {
    ...MODULES,
    backbone: { ...MODULES.backbone, other: (...args: Parameters<typeof own>) => own(...args) },
  };
  const made = (use: string) => {
    const { model } = tinyConfig({ backbone: { use, config: { channels: [2, 3, 4], residuals: 0 } } });
    return buildModel(model, context, withFrozenBackbones(table));
  };
  const [frozen, other] = [made('small-cnn'), made('other')];
  expect([frozen, other].map(({ parts }) => parts.vision.backbone?.frozen)).toEqual([true, false]);
  expect([...frozen.parameters.keys()]).toEqual([...other.parameters.keys()]);
  frozen.dispose();
  other.dispose();
});
