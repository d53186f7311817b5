// The same agent on real X-rays: trained on images alone, measured on lung and heart masks of a test part.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Random } from '@raca/core/random';
import { REGIONS } from '@raca/core/regions';
import { resize } from '@raca/data';
import { decodeImage } from '@raca/data/node';
import { priorFor } from '@raca/region-agent';
import { parse } from 'csv-parse/sync';
import { makeAgent, masksOf, train } from './agent.mjs';
import { iou, mean } from './measure.mjs';
import { SIZE } from './phantom.mjs';
import { picturePage } from './pictures.mjs';

const GRID = { views: 1, rows: 7, cols: 7 };
const N = GRID.rows * GRID.cols;
/** Share of patients whose masks are measured; their images are not trained on. */
const TEST = 0.3;
/** Share of patients by whose masks settings may be chosen (`--validate`); then their images are not trained on either. */
const VALIDATION = 0.15;
const LUNGS = REGIONS.indexOf('Lung fields');
const HEART = REGIONS.indexOf('Heart');
const GRAY = { mean: 118, deviation: 60 };

export async function xrays({ dir, more, out, seeds, config, options, fits, log }) {
  const rows = [...listed(dir, 'organs'), ...(more ? listed(more, 'lungs') : [])];
  const patients = new Random(1).shuffle([...new Set(rows.map(({ patient }) => patient))].sort());
  const count = (share) => Math.round(share * patients.length);
  const parts = [0, count(TEST), count(TEST) + count(VALIDATION)];
  const within = (first, last) => {
    const chosen = new Set(patients.slice(first, last));
    return rows.filter(({ patient }) => chosen.has(patient));
  };
  const measured = (options.validate ? within(parts[1], parts[2]) : within(0, parts[1])).filter(
    ({ mask }) => mask,
  );
  const training = await load(within(parts[options.validate ? 2 : 1]));
  const test = await load(measured);
  const part = options.validate ? 'validation' : 'test';
  log(`${training.count} images to train on, ${test.count} with masks of the ${part} part`);
  const prior = priorFor(GRID, ['frontal'], 'raca').masks;
  const lines = [['prior', () => prior]];
  for (const seed of seeds) {
    log(`seed ${seed}`);
    const agent = makeAgent({ ...config, seed, views: ['frontal'] });
    train(agent, training, GRID, { steps: options.steps, batch: options.batch * 2, seed, log });
    const masks = masksOf(agent, test, GRID);
    agent.dispose();
    lines.push([`agent, seed ${seed}`, (i) => masks.located[i]]);
    if (fits) lines.push([`agent, seed ${seed}, unfitted`, (i) => masks.raw[i]]);
    for (const [name, found] of [lines[0], ...lines.slice(fits ? -2 : -1)]) {
      const [lungs, heart] = [LUNGS, HEART].map((r) => mean(scores(test, found, r)));
      log(`${name}: lungs ${number(lungs)}, heart ${number(heart)}`);
    }
  }
  const sets = [...new Set(test.rows.map(({ set }) => set))];
  console.log(
    `\nReal X-rays: mean IoU with organ masks on ${GRID.rows} × ${GRID.cols} patches, ${test.count} ${part} images\n`,
  );
  console.log(`| system | Lung fields | Heart | ${sets.map((set) => `lungs, ${set}`).join(' | ')} |`);
  console.log(`| --- | --- | --- | ${sets.map(() => '---').join(' | ')} |`);
  for (const [name, masks] of lines) {
    const [lungs, heart] = [LUNGS, HEART].map((r) => scores(test, masks, r));
    const bySet = sets.map((set) => mean(lungs.filter((_, i) => test.rows[i].set === set)));
    console.log(`| ${[name, number(mean(lungs)), number(mean(heart)), ...bySet.map(number)].join(' | ')} |`);
  }
  const masks = lines[1][1];
  const lungs = scores(test, masks, LUNGS);
  const heart = scores(test, masks, HEART);
  const ranked = lungs
    .map((score, i) => ({ i, score: heart[i] === null ? score : (score + heart[i]) / 2 }))
    .sort((a, b) => b.score - a.score);
  mkdirSync(out, { recursive: true });
  const page = join(out, 'xrays.html');
  const shown = (list) =>
    list.map(({ i, score }) => ({ ...test.rows[i], pixels: pixelsOf(test, i), score, masks: masks(i) }));
  writeFileSync(
    page,
    await picturePage({
      grid: GRID,
      size: SIZE,
      regions: { 'Lung fields': LUNGS, Heart: HEART },
      prior,
      groups: { 'ten best': shown(ranked.slice(0, 10)), 'ten worst': shown(ranked.slice(-10).reverse()) },
    }),
  );
  log(page);
}

const number = (x) => (x === null ? '–' : x.toFixed(3));

/** IoU of every test image, null where it has no such mask. */
const scores = ({ count, coverage, rows }, masks, r) =>
  Array.from({ length: count }, (_, i) =>
    r === HEART && !rows[i].heart
      ? null
      : iou(
          masks(i).subarray(r * N, (r + 1) * N),
          coverage.subarray((i * 2 + (r === HEART ? 1 : 0)) * N, (i * 2 + (r === HEART ? 1 : 0) + 1) * N),
        ),
  );

const pixelsOf = ({ pixels }, i) => pixels.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE);

/** Rows of a data.csv; `kind` says how its masks are kept. */
function listed(dir, kind) {
  const table = parse(readFileSync(join(dir, 'data.csv')), { columns: true, bom: true });
  return table.map((row) => {
    const organs = kind === 'organs';
    const mask = organs ? row.mask : row.lung_mask;
    return {
      name: basename(row.image),
      image: found(dir, row.image, 'images'),
      mask: mask ? found(dir, mask, organs ? 'masks' : 'lung_masks') : null,
      heart: /heart/i.test(row.mask_classes ?? '') || /jsrt/i.test(row.dataset ?? ''),
      set: row.dataset ?? basename(dir),
      patient: `${basename(dir)} ${row.patient_id ?? row.image}`,
    };
  });
}

function found(dir, path, folder) {
  const whole = [join(dir, path), join(dir, folder, path)].find(existsSync);
  if (!whole) throw new Error(`${join(dir, 'data.csv')}: expected a file ${path}, found none`);
  return whole;
}

/** Pixels at the agent's size, stretched to one mean and deviation; coverage of patches by lungs and heart. */
async function load(rows) {
  const pixels = new Uint8Array(rows.length * SIZE * SIZE);
  const coverage = new Float32Array(rows.length * 2 * N);
  for (const [i, row] of rows.entries()) {
    const { data } = resize(gray(await decodeImage(row.image)), SIZE, SIZE);
    const average = data.reduce((a, x) => a + x, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((a, x) => a + (x - average) ** 2, 0) / data.length) || 1;
    for (let k = 0; k < data.length; k++) {
      const x = GRAY.mean + (GRAY.deviation * (data[k] - average)) / deviation;
      pixels[i * SIZE * SIZE + k] = Math.min(255, Math.max(0, Math.round(x)));
    }
    if (!row.mask) continue;
    const mask = gray(await decodeImage(row.mask));
    coverage.set(
      covered(mask, (x) => (row.heart ? x === 1 || x === 2 : x > 0)),
      i * 2 * N,
    );
    if (row.heart)
      coverage.set(
        covered(mask, (x) => x === 3),
        (i * 2 + 1) * N,
      );
  }
  return { count: rows.length, pixels, coverage, views: 1, n: N, gray: GRAY, rows };
}

function gray({ width, height, channels, data }) {
  if (channels === 1) return { width, height, channels, data };
  return { width, height, channels: 1, data: data.filter((_, k) => k % channels === 0) };
}

/** Share of each patch inside. */
function covered({ width, height, data }, inside) {
  const [sums, areas] = [new Float32Array(N), new Float32Array(N)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p =
        Math.floor(((y + 0.5) * GRID.rows) / height) * GRID.cols +
        Math.floor(((x + 0.5) * GRID.cols) / width);
      areas[p]++;
      if (inside(data[y * width + x])) sums[p]++;
    }
  }
  return sums.map((sum, p) => sum / areas[p]);
}
