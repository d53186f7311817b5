import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@raca/backend/node';
import { Tokenizer } from '@raca/data';
import { encodePng } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../modules';
import { regionsPicture } from '../regions-picture';
import { TINY_SIZES, TINY_WORDS, tinyConfig } from '../tiny';
import { generateFromFiles } from './generate-files';
import type { LoadedRun } from './load-run';
import { RunFolder } from './run-folder';

const dir = mkdtempSync(join(tmpdir(), 'raca-files-'));
const config = tinyConfig();
let loaded: LoadedRun;

beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
  const model = buildModel(config.model, TINY_SIZES);
  loaded = {
    run: new RunFolder(dir),
    config,
    tokenizer: new Tokenizer(TINY_WORDS),
    contextTokenizer: null,
    model,
  };
});
afterAll(() => {
  loaded.model.dispose();
  rmSync(dir, { recursive: true, force: true });
});

describe('generateFromFiles', () => {
  const picture = async (name: string, level: (i: number) => number) => {
    const data = Uint8Array.from({ length: 80 * 80 }, (_, i) => level(i));
    writeFileSync(join(dir, name), await encodePng({ width: 80, height: 80, channels: 1, data }));
    return join(dir, name);
  };

  it('repeats the last image for a view that is not there, and frees its tensors', async () => {
    const a = await picture('a.png', (i) => (i * 7) % 256);
    const before = tf.memory().numTensors;
    const one = await generateFromFiles(loaded, [a]);
    const two = await generateFromFiles(loaded, [a, a]);
    expect(tf.memory().numTensors).toBe(before);
    expect(one.report).toBe(two.report);
    expect([one.masks.length, two.masks.length]).toEqual([12 * 4, 12 * 2 * 4]); // nothing of a view that is not there
    const first = two.masks.filter((_, i) => Math.floor(i / 4) % 2 === 0);
    expect(one.masks).toEqual(first);
    expect(one.warnings).toEqual([
      '1 image for a model of 2 views: the last one is repeated, as in training',
    ]);
    expect(two.warnings).toEqual([]);
  });

  it('leaves slots empty where the model was trained so: the report is that of a model of one view', async () => {
    const a = await picture('a.png', (i) => (i * 7) % 256);
    const make = (views: number) => {
      const own = tinyConfig({ views, missingViews: 'empty' });
      return { ...loaded, config: own, model: buildModel(own.model, TINY_SIZES) };
    };
    const [two, one] = [make(2), make(1)];
    for (const [name, variable] of one.model.parameters) {
      const other = two.model.parameters.get(name)!;
      const own =
        other.shape.join() === variable.shape.join() ? other : tf.slice(other, 0, variable.shape[0]);
      variable.assign(own as never);
    }
    const [whole, cut] = [await generateFromFiles(two, [a]), await generateFromFiles(one, [a])];
    expect(whole.warnings).toEqual([]);
    expect(whole.kinds).toEqual(['unknown']);
    expect(whole.report).toBe(cut.report);
    expect(whole.score).toBeCloseTo(cut.score, 4);
    expect(whole.masks.length).toBe(12 * 4);
    for (const { model } of [one, two]) model.dispose();
  });

  it('takes views as asked, in their slots, and says where headers say otherwise', async () => {
    const [a, b] = [
      await picture('a.png', (i) => (i * 7) % 256),
      await picture('b.png', (i) => (i * 5) % 256),
    ];
    const own = tinyConfig({ missingViews: 'empty' });
    const model = buildModel(own.model, TINY_SIZES);
    const run = { ...loaded, config: own, model };
    const straight = await generateFromFiles(run, [a, b], { context: { views: ['frontal', 'lateral'] } });
    const swapped = await generateFromFiles(run, [b, a], { context: { views: ['lateral', 'frontal'] } });
    expect(swapped.report).toBe(straight.report);
    expect(swapped.images.map(({ file }) => file)).toEqual([a, b]);
    expect(swapped.kinds).toEqual(['frontal', 'lateral']);
    const side = await generateFromFiles(run, [b], { context: { views: ['lateral'], indication: 'Cough.' } });
    expect(side.kinds).toEqual(['lateral']);
    expect(side.warnings).toEqual(['the model reads no indication: it is not used']);
    model.dispose();
  });

  it('passes on what looks wrong, with the file', async () => {
    const flat = await picture('flat.png', () => 90);
    await expect(generateFromFiles(loaded, [flat, flat])).rejects.toThrow('found: nearly one gray');
    const { warnings } = await generateFromFiles(loaded, [flat, flat], { force: true });
    expect(new Set(warnings)).toEqual(
      new Set([`${flat}: nearly one gray: 98 of 100 pixels between 90 and 90 of 255`]),
    );
  });

  it('refuses a model that reads stored features', async () => {
    const stored = { ...loaded, config: { ...config, model: { ...config.model, backbone: null } } };
    await expect(generateFromFiles(stored, ['x.png'])).rejects.toThrow(
      'generate: the model reads stored features and has no backbone for images',
    );
  });
});

const data = fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
/** Of many images, which ones: every one by `RACA_ALL_IMAGES=1` (two minutes), else each ninth. */
const EVERY = process.env.RACA_ALL_IMAGES === '1' ? 1 : 9;
const folders = [
  'hannover_cxr',
  'covid_cxr_notes',
  'nih_cxr_320',
  'nih_cxr_examples',
  'cxr_organ_masks',
  'iu_xray',
  'iu_xray_more',
];
it.skipIf(!existsSync(data))(
  `writes a report and a picture for ${EVERY > 1 ? 'each ninth' : 'every'} real radiograph at hand (needs ../shared/data)`,
  async () => {
    const counts: Record<string, number> = {};
    const odd: string[] = [];
    for (const folder of folders) {
      const root = join(data, folder, 'images');
      const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /\.(png|jpe?g)$/.test(name),
      );
      for (const [i, name] of names.entries()) {
        if (i % EVERY > 0) continue;
        const { report, masks, images, warnings } = await generateFromFiles(loaded, [join(root, name)]);
        expect(typeof report).toBe('string');
        expect(masks.length).toBe(12 * 4);
        if (warnings.length > 1) odd.push(...warnings.slice(0, -1));
        if (i % (10 * EVERY) > 0) continue; // drawing takes longer than reading
        const drawn = regionsPicture({ images: [images[0].image], masks, grid: config.model.grid });
        expect(drawn.data.length).toBe(drawn.width * drawn.height * 3);
      }
      counts[folder] = names.length;
    }
    expect(counts).toEqual({
      hannover_cxr: 192,
      covid_cxr_notes: 23,
      nih_cxr_320: 876,
      nih_cxr_examples: 9,
      cxr_organ_masks: 811,
      iu_xray: 4,
      iu_xray_more: 3,
    });
    expect(odd).toEqual([]);
  },
  240_000,
);
