import { useBackend } from '@raca/backend/node';
import { beforeAll, expect, it } from 'vitest';
import { makeModel, pictures, savedAndLoaded, train, write } from './model.mjs';

beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
});

it('learns what pictures show by fit, and still knows it after save and load', async () => {
  const data = pictures();
  const model = makeModel();
  const loss = await train(model, data, 40);
  expect(loss.at(-1)).toBeLessThan(loss[0] / 2);
  const loaded = await savedAndLoaded(model);
  expect(await write(loaded, data.images)).toEqual(['bright picture .', 'dark picture .']);
});
