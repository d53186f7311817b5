// node main.mjs: a tf.model of RACA's layers is trained by fit, saved, loaded, and writes.
import { useBackend } from '@raca/backend/node';
import { makeModel, pictures, savedAndLoaded, train, write } from './model.mjs';

await useBackend();
const data = pictures();
const model = makeModel();
model.summary();
const loss = await train(model, data, 40);
console.log(`loss ${loss[0].toFixed(3)} -> ${loss.at(-1).toFixed(3)}`);
const loaded = await savedAndLoaded(model);
for (const report of await write(loaded, data.images)) console.log(report);
