// Where a trained model looks when it writes a finding, against radiologists' boxes on X-rays: the pointing game of
// cross-attention. Not for clinical use.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { evalTransform, resize } from '@raca/data';
import { decodeImage } from '@raca/data/node';
import { loadRun, pointing, sentenceAttention } from '@raca/pipeline/node';
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { centresIn, findingsOf, SENTENCES, touched } from './boxes.mjs';

const from = (path) => resolve(process.env.INIT_CWD ?? '.', path);

const options = new Command('pointing')
  .description('Pointing game of cross-attention against boxes of findings.\nNot for clinical use.')
  .requiredOption('--run <dir>', 'run folder of `raca train`')
  .requiredOption('--boxes <dir>', 'folder with annotations.json (a list of image, syms, boxes)')
  .option(
    '--images <dirs...>',
    'folders with the images (default: those that annotations.json names, beside --boxes)',
  )
  .option('--frame <n>', 'width and height that the boxes go by', Number, 1024)
  .option('--backend <name>', 'native, wasm or cpu (default: the fastest)')
  .parse()
  .opts();

await useBackend(options.backend && { prefer: [options.backend] });
const loaded = loadRun(from(options.run));
const { grid, imageSize, views } = loaded.config.model;
const boxes = from(options.boxes);
const annotations = JSON.parse(readFileSync(join(boxes, 'annotations.json'), 'utf8'));

const known = new Set(loaded.tokenizer.words);
const usable = (text) => text.split(' ').every((word) => known.has(word));
const sentences = SENTENCES.filter(usable);
const tokens = rowsOf(sentences);

// [image][sentence]: attention to the patches of the frontal view
const looks = [];
const asked = [];
const left = new Map();
for (const { image, folders = [], syms, boxes: list } of annotations) {
  const file = imageFile(image, folders);
  if (!file || syms.length === 0) continue;
  const found = findingsOf(syms, list, options.frame);
  const can = found.filter(({ sentence }) => sentences.includes(sentence));
  for (const { finding } of found.filter((each) => !can.includes(each))) {
    left.set(finding, (left.get(finding) ?? 0) + 1);
  }
  if (can.length === 0) continue;
  looks.push(await looksOf(file));
  asked.push(can);
}
if (looks.length === 0)
  throw new Error(`${boxes}: expected images with boxes that the model has words for, found none`);
loaded.model.dispose();

/** Both rules of what counts as inside, and both things to compare a look with. */
const inside = { centre: centresIn, touch: touched };
const scores = (rule, others) =>
  pointing(
    asked.flatMap((findings, i) =>
      findings.map(({ finding, sentence, rectangles }) => {
        const s = sentences.indexOf(sentence);
        const patches = inside[rule](rectangles, grid, options.frame);
        return { attention: looks[i][s], others: others(i, s), patches, classes: [finding] };
      }),
    ),
  );
const otherSentences = (i, s) => looks[i].filter((_, k) => k !== s);
const otherImages = (i, s) => looks.filter((_, k) => k !== i).map((look) => look[s]);
print(scores('centre', otherSentences), scores('touch', otherSentences), scores('touch', otherImages));

function print(centre, touch, elsewhere) {
  console.log(
    `\n${touch.findings} findings on ${looks.length} X-rays; ${grid.rows} × ${grid.cols} patches, attention to the frontal view\n`,
  );
  const columns = [
    'finding',
    'n',
    'best patch has its centre in a box',
    'chance',
    'best patch touches a box',
    'chance',
    'same sentence, other X-rays',
    'patch that gains most on other sentences',
    'on other X-rays',
  ];
  console.log(`| ${columns.join(' | ')} |\n| ${columns.map(() => '---').join(' | ')} |`);
  const line = (name, of) => {
    const [c, t, e] = [of(centre), of(touch), of(elsewhere)];
    const numbers = [c.hits, c.chance, t.hits, t.chance, e.others, t.relative, e.relative];
    console.log(`| ${[name, t.findings, ...numbers.map((x) => x.toFixed(3))].join(' | ')} |`);
  };
  line('all', (all) => all);
  for (const name of Object.keys(touch.classes)) line(name, ({ classes }) => classes[name]);
  const silent = [...left].map(([name, n]) => `${name} (${n})`).join(', ');
  if (silent) console.log(`\nno sentence in the words of the run: ${silent}`);
}

/** Attention of every sentence, to the patches of the first view: `[sentence][p]`, each sums to 1. */
async function looksOf(file) {
  const pixels = evalTransform(stretched(await decodeImage(file)), { size: imageSize });
  // a model of several views gets the image once a view, as in training
  const images = tf.tidy(() => {
    const one = tf.tensor(pixels, [1, 1, imageSize, imageSize, 3]);
    return tf.tile(one, [sentences.length, views, 1, 1, 1]);
  });
  const found = sentenceAttention(loaded.model, { vision: { images }, tokens });
  images.dispose();
  if (!found) throw new Error(`${options.run}: its decoder does not show its attention`);
  return found.map(([{ attention }]) => {
    const first = attention.subarray(0, grid.rows * grid.cols);
    const sum = first.reduce((a, x) => a + x, 0);
    return first.map((x) => x / sum);
  });
}

/** Each sentence as a report of its own. */
function rowsOf(texts) {
  const rows = texts.map((text) => [0, ...loaded.tokenizer.encode(`${text} .`)]);
  const t = Math.max(...rows.map(({ length }) => length)) + 1;
  const ids = new Int32Array(rows.length * t);
  for (const [i, row] of rows.entries()) ids.set(row, i * t);
  return { ids, shape: [rows.length, t] };
}

function imageFile(name, folders) {
  const dirs = options.images?.map(from) ?? folders.map((folder) => join(boxes, '..', basename(folder)));
  return dirs.flatMap((dir) => [join(dir, name), join(dir, 'images', name)]).find(existsSync);
}

/** Gray of mean 118 and deviation 60, as drawn images have. */
function stretched(image) {
  const { width, height, channels, data } = image;
  const gray = channels === 1 ? data : data.filter((_, k) => k % channels === 0);
  const { data: small } = resize({ width, height, channels: 1, data: gray }, imageSize, imageSize);
  const average = small.reduce((a, x) => a + x, 0) / small.length;
  const deviation = Math.sqrt(small.reduce((a, x) => a + (x - average) ** 2, 0) / small.length) || 1;
  const values = small.map((x) =>
    Math.min(255, Math.max(0, Math.round(118 + (60 * (x - average)) / deviation))),
  );
  return { width: imageSize, height: imageSize, channels: 1, data: values };
}
