import { EVALUATION } from '@raca/core';
import { ancestor } from './ancestor.mjs';

/** R2Gen: visual Transformer, decoder with a relational memory and norms that it drives. */
export const r2gen = ancestor({
  name: 'R2Gen',
  mark: 'model.rm.W.weight',
  slots: ({ layers, slots = 3, rm_heads: memoryHeads }) => ({
    visionLayers: layers,
    decoder: { use: 'relational-memory', config: { slots, memoryHeads } },
  }),
  inside({ parts: { vision, decoder } }, batch, taught, io) {
    io.check('att_embed', vision.embedPatches(batch.study.views.input, EVALUATION).patches);
    io.check('encoder_out', vision.encode(batch.study.views, EVALUATION).patches);
    io.check('token_embedding', decoder.embed(taught, EVALUATION));
    io.check('relational_memory', decoder.memories(taught, EVALUATION));
  },
});
