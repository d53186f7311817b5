// node main.mjs: five lobes in the place of the 12 regions.
import { useBackend } from '@raca/backend/node';
import { lobesOf, picture, train } from './demo.mjs';
import LOBES from './lobes.mjs';

await useBackend();
console.log(
  `${LOBES.name}, drawn: ${LOBES.names.map((name, r) => `${r + 1} ${name.toLowerCase()}`).join(', ')}`,
);
console.log(picture());
for (const sentence of ['Opacity in the right middle lobe.', 'LLL atelectasis; the right lung is clear.'])
  console.log(`${sentence} -> ${lobesOf(sentence).join(', ')}`);
const { prior, agent } = train();
console.log(
  `mean overlap (IoU) with made-up patients who stand to a side: drawing ${prior.toFixed(3)}, agent ${agent.toFixed(3)}`,
);
