// A plain tf.model of RACA's layers: pictures and the words so far in, the next words out.
import { BcaLayer } from '@raca/bca/layers';
import { memoryPart } from '@raca/core';
import { generate } from '@raca/decoder';
import { nextTokens, TransformerDecoderLayer, tokenLoss } from '@raca/decoder/layers';
import { PriorAgentLayer } from '@raca/region-agent/layers';
import { SmallCnnLayer, VisualTransformerLayer } from '@raca/vision/layers';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

const [SIDE, TOKENS, WIDTH] = [16, 5, 16];
const GRID = { views: 1, rows: 4, cols: 4 };
/** Word of token id i + 1. */
export const WORDS = ['bright', 'dark', 'picture', '.'];

/** Bright and dark squares, and what a report says of them. */
export function pictures() {
  const rows = [1, -1].map((value) => tf.fill([1, SIDE, SIDE, 3], value));
  const tokens = tf.tensor2d([0, 1, 3, 4, 0, 0, 2, 3, 4, 0], [2, TOKENS], 'int32');
  return { images: tf.stack(rows), tokens };
}

export function makeModel() {
  const images = tfl.input({ shape: [1, SIDE, SIDE, 3], name: 'images' }); // [b, v, H, W, 3]
  const tokens = tfl.input({ shape: [TOKENS], dtype: 'int32', name: 'tokens' }); // [b, t], from 0 on
  const features = new SmallCnnLayer({ channels: [4, 8], inputSize: SIDE }).apply(images); // [b, p, d_v]
  const size = { width: WIDTH, heads: 2, feedForward: 32, layers: 1, dropout: 0 };
  const encoder = new VisualTransformerLayer({ ...size, inputWidth: 8, patchDropout: 0, grid: GRID });
  const patches = encoder.apply(features); // [b, p, d]
  const masks = new PriorAgentLayer({ grid: { rows: 4, cols: 4 }, views: ['frontal'] }).apply(patches); // [b, r, p]
  const memory = new BcaLayer({ width: WIDTH, attentionWidth: 8, name: 'memory' }).apply([patches, masks]);
  const decoder = new TransformerDecoderLayer({ ...size, vocabularySize: WORDS.length + 1, name: 'decoder' });
  return tfl.model({ inputs: [images, tokens], outputs: decoder.apply([memory, tokens]) }); // [b, t, V]
}

/** Trains for some epochs; returns the loss after each. */
export async function train(model, { images, tokens }, epochs) {
  const optimizer = tf.train.adam(0.01);
  model.compile({ optimizer, loss: tokenLoss });
  const targets = nextTokens(tokens, WORDS.length + 1);
  const { history } = await model.fit([images, tokens], targets, { epochs, verbose: 0 });
  tf.dispose(targets);
  optimizer.dispose();
  return history.loss;
}

/** Reports of pictures: the decoder's module writes them word by word from what the layer before it gives. */
export async function write(model, images) {
  const seeing = tfl.model({ inputs: model.inputs[0], outputs: model.getLayer('memory').output });
  const memory = seeing.predict(images);
  const decoder = model.getLayer('decoder').module;
  const { tokens } = await generate(decoder, memoryPart('patches', memory), { maxLength: TOKENS });
  memory.dispose();
  return tokens.map((ids) => ids.map((id) => WORDS[id - 1]).join(' '));
}

/** The model saved and loaded again, here through memory; `indexeddb://` and `http://` are as for any tf.model. */
export async function savedAndLoaded(model) {
  let artifacts;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return tfl.loadLayersModel(tf.io.fromMemory(artifacts));
}
