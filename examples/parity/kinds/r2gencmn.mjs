import { EVALUATION, patchMemory } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { ancestor } from './ancestor.mjs';

/**
 * R2GenCMN: image and text ask one memory matrix. The visual Transformer stands behind the memory's answers, so it
 * belongs to our decoder, and the vision module only embeds patches.
 */
export const r2gencmn = ancestor({
  name: 'R2GenCMN',
  mark: 'memory_matrix',
  nameThere: (name) => name.replace(/\.norm\.gamma$/, '.norm.a_2').replace(/\.norm\.beta$/, '.norm.b_2'),
  slots: ({ layers, topk: topK = 32, cmm_size: memoryRows = 2048 }) => ({
    visionLayers: 0,
    decoder: { use: 'memory-matrix', config: { visualLayers: layers, topK, memoryRows } },
  }),
  inside({ parts: { vision, decoder } }, batch, taught, io) {
    const memory = patchMemory(vision.encode(batch.study.views, EVALUATION));
    const patches = memory.tokens;
    const answered = tf.tidy(() => tf.add(patches, decoder.ask(patches, EVALUATION)));
    io.check('att_embed', answered);
    io.check('encoder_out', decoder.visual(memory, EVALUATION));
    const embedded = decoder.embed(taught, EVALUATION);
    io.check('memory_response', decoder.ask(embedded, EVALUATION));
    io.check('token_embedding', embedded);
    patches.dispose();
  },
});
