import { wordLoss } from '@raca/alignment';
import { z } from 'zod';

/** SEI: words find themselves by what they see. @param {import('./system-case.mjs').SystemCase} given */
export function seiWordLoss(given) {
  const { temperature } = given.hyper({ temperature: z.number().positive() });
  const mask = /** @type {any} */ (given.tensor('mask'));
  given.differentiate('loss', ({ words, patches }) => wordLoss(words, patches, { temperature }));
  given.differentiate('loss_masked', ({ words, patches }) =>
    wordLoss(words, patches, { temperature, words: mask }),
  );
  given.hide('attention', 'attended', 'logits', 'loss_by_word', 'loss_by_attended');
}
