import {
  applyTransformerEncoder,
  type ContextTexts,
  dropout,
  embedding,
  embedTokens,
  type Memory,
  memoryPart,
  normal,
  type Parameters,
  type Pass,
  presenceBias,
  sinusoidalPositions,
  type TransformerEncoder,
  type TransformerSize,
  transformerEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Sizes of a {@link TextEncoder}. */
export interface TextSize extends TransformerSize {
  /** V */
  readonly vocabularySize: number;
  /** Most tokens read of a text. */
  readonly maxLength: number;
}

/** Reads the texts of some fields, each by itself, with the same words and layers. */
export interface TextEncoder {
  readonly size: TextSize;
  /** `[V, d]` */
  readonly words: tf.Variable;
  readonly encoder: TransformerEncoder;
  readonly fields: ReadonlyMap<string, TextField>;
}

/** Learned vectors `[d]` of a field. */
export interface TextField {
  /** The place before a text's first word. */
  readonly begin: tf.Variable;
  /** The only place of a text that is absent. */
  readonly absent: tf.Variable;
  /** Added to the words of the field. */
  readonly mark: tf.Variable;
}

/** Standard deviation of a field's mark; words are of order 1. */
const MARK_SD = 0.3;

/** Weights `words.weight`, `encoder.…` and `fields.<name>.{begin,absent,mark}`. */
export function textEncoder(p: Parameters, size: TextSize, fields: readonly string[]): TextEncoder {
  const { width: d } = size;
  const vectors = (name: string): TextField => {
    const scope = p.scope('fields').scope(name);
    const [begin, absent] = [scope.add('begin', [d], normal(1)), scope.add('absent', [d], normal(1))];
    return { begin, absent, mark: scope.add('mark', [d], normal(MARK_SD)) };
  };
  return {
    size,
    words: embedding(p.scope('words'), size.vocabularySize, d, 1 / Math.sqrt(d)), // of order 1 once scaled by √d
    encoder: transformerEncoder(p.scope('encoder'), size),
    fields: new Map(fields.map((name) => [name, vectors(name)])),
  };
}

/**
 * One field's texts as places `[b, 1 + t, d]`: first `begin`, or `absent` where there is no text, then the words (id 0 is not
 * there). An absent text has one place and so has an empty one, but not the same.
 *
 * @param name a field of the encoder
 * @param texts null: no study of the batch has this text
 * @param present `[b]`, 1 or 0; may say that a text of `texts` is absent
 * @throws RangeError for an id outside the vocabulary
 */
export function encodeTexts(
  e: TextEncoder,
  name: string,
  texts: Pick<ContextTexts, 'tokens'> | null,
  present: Uint8Array,
  pass: Pass,
): Memory {
  const { begin, absent, mark } = e.fields.get(name)!;
  const { width: d, maxLength, dropout: rate } = e.size;
  const b = present.length;
  const head = chosen(present, begin, absent); // [b, 1, d]
  const ids = texts ? wordsOf(texts, present, maxLength) : new Int32Array();
  const t = ids.length / b;
  if (t === 0) return memoryPart(name, applyTransformerEncoder(e.encoder, head, null, pass));
  const positions = tf.tensor2d(sinusoidalPositions(t, d), [t, d]);
  const words = tf.add(embedTokens(e.words, { ids, shape: [b, t] }), tf.add(positions, mark)) as tf.Tensor3D;
  const there = tf.concat(
    [tf.ones<tf.Rank.R2>([b, 1]), tf.tensor2d(Float32Array.from(ids, Math.sign), [b, t])],
    1,
  );
  const places = tf.concat([head, dropout(words, rate, pass)], 1);
  return memoryPart(name, applyTransformerEncoder(e.encoder, places, presenceBias(there), pass), there);
}

/** `[b, 1, d]`: `here` in rows of 1, `otherwise` in rows of 0. */
export function chosen(rows: Uint8Array, here: tf.Tensor, otherwise: tf.Tensor): tf.Tensor3D {
  const share = tf.tensor3d(Float32Array.from(rows), [rows.length, 1, 1]);
  return tf.add(tf.mul(share, here), tf.mul(tf.sub(1, share), otherwise)) as tf.Tensor3D;
}

/** Ids `[b, t]`, t at most `maxLength`; 0 throughout rows of absent texts. */
function wordsOf(
  { tokens }: Pick<ContextTexts, 'tokens'>,
  present: Uint8Array,
  maxLength: number,
): Int32Array {
  const [b, whole] = tokens.shape;
  const t = Math.min(whole, maxLength);
  const ids = new Int32Array(b * t);
  for (let i = 0; i < b; i++) {
    if (present[i]) ids.set(tokens.ids.subarray(i * whole, i * whole + t), i * t);
  }
  return ids;
}
