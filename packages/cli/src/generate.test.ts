import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGIONS } from '@raca/core/regions';
import { decodeImage, encodePng } from '@raca/data/node';
import { DRAWN_NOTICE } from '@raca/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chest, MISSING, makeDicom, SECRETS } from '../../data/src/dicom/testing/programs';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-generate-'));
const at = (name: string) => join(root, name);
const generate = (...more: string[]) =>
  runCommand('generate', '--run', at('run'), '--backend', 'wasm', '--images', ...more);

const rexrank = fileURLToPath(new URL('../../../../shared/golden/systems/rexrank', import.meta.url));
const field = fileURLToPath(new URL('../../../../shared/field/image/inputs', import.meta.url));

let png: string;

beforeAll(async () => {
  await smallPhantom(at('phantom'));
  const config = jsonFile(at('config.json'), smallRunConfig({ epochs: 1, agentEvery: 10 }));
  const args = ['--data', at('phantom'), '--out', at('run'), '--config', config, '--backend', 'wasm'];
  const { code, errors } = await runCommand('train', ...args);
  expect(code, errors.join('\n')).toBe(0);
  png = at('picture.png');
  const data = Uint8Array.from(chest(90, 110, 255));
  writeFileSync(png, await encodePng({ width: 90, height: 110, channels: 1, data }));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('raca generate', () => {
  it('prints a report and says what happens to the missing view', async () => {
    const { code, stdout, errors } = await generate(png);
    expect([code, stdout.split('\n').length]).toEqual([0, 2]);
    expect(errors).toEqual(['1 image for a model of 2 views: the last one is repeated, as in training']);
    expect((await generate(png, png)).errors).toEqual([]);
  });

  it('writes report, JSON and the picture with regions', async () => {
    const { code, stdout } = await generate(png, png, '--out', at('out/deep'), '--json');
    expect(code).toBe(0);
    expect(readdirSync(at('out/deep')).sort()).toEqual([
      'regions.png',
      'report.html',
      'report.json',
      'report.txt',
    ]);
    const json = JSON.parse(readFileSync(at('out/deep/report.json'), 'utf8'));
    expect(JSON.parse(stdout)).toEqual(json);
    expect(json.report).toMatch(/^[a-z<]/); // the model's words
    expect(json.text).toMatch(/^[A-Z[]/);
    expect(json.score).toBeLessThan(0);
    expect(json.trainedOn).toEqual({ source: 'phantom', drawn: true });
    const lines = readFileSync(at('out/deep/report.txt'), 'utf8').split('\n');
    expect(lines[0]).toBe(json.text);
    expect(lines.slice(-3)).toEqual([DRAWN_NOTICE, 'Research software. Not for clinical use.', '']);
    expect(json.notice).toBe(lines.slice(-3, -1).join(' '));
    const page = readFileSync(at('out/deep/report.html'), 'utf8');
    for (const line of lines.slice(-3, -1)) expect(page).toContain(line);
    expect(json.images).toEqual([png, png].map((file) => ({ file, format: 'PNG', width: 90, height: 110 })));
    expect(Object.keys(json.regions)).toEqual([...REGIONS]);
    for (const [name, mask] of Object.entries(json.regions)) {
      const chosen = json.probabilities[name].map((p: number) => (p >= 0.5 ? 1 : 0));
      expect(chosen).toHaveLength(2 * 4 * 4);
      expect(mask).toEqual(chosen);
    }
    const picture = await decodeImage(at('out/deep/regions.png'));
    expect([picture.width, picture.channels]).toEqual([16 + 720 + 16 + 4 * 216, 3]);
    expect(picture.height).toBeGreaterThan(2 * 720);
  });

  it.skipIf(MISSING.length > 0)(
    `reads DICOM, and nothing of the patient comes out (${MISSING.join(' ') || 'dcmtk is here'})`,
    async () => {
      const dicom = makeDicom(at('a.dcm'), chest(67, 54, 4095), {
        width: 67,
        height: 54,
        allocated: 16,
        stored: 12,
        photometric: 'MONOCHROME1',
        more: ['(0028,0008) IS [1]', '(0028,0301) CS [YES]'],
      });
      const { code, stdout, errors } = await generate(dicom, png, '--json', '--out', at('dicom'));
      expect(code).toBe(0);
      expect(JSON.parse(stdout).images[0]).toEqual({ file: dicom, format: 'DICOM', width: 67, height: 54 });
      expect(errors).toEqual([
        `${dicom}: burned-in annotation: the picture itself may name the patient`,
        `${dicom}: tiny: 67x54`,
        `${dicom}: looks inverted: the picture is bright where air should be dark`,
      ]);
      const written = readdirSync(at('dicom')).map((name) => readFileSync(join(at('dicom'), name), 'latin1'));
      const broken = at('broken.dcm');
      writeFileSync(broken, readFileSync(dicom).subarray(0, 2000));
      const failed = await generate(broken, png);
      expect(failed.code).toBe(1);
      expect(failed.errors).toHaveLength(1);
      expect(failed.errors[0]).toMatch(/broken\.dcm: expected a readable image \(.*\), found: /);
      const all = [stdout, ...errors, ...failed.errors, ...written].join('\n');
      for (const secret of SECRETS) for (const part of secret.split('^')) expect(all).not.toContain(part);
    },
  );

  it.skipIf(!existsSync(field))('takes and refuses what devices write (needs ../shared/field)', async () => {
    const [lateral, plain] = [join(field, 'px/view-lateral.dcm'), join(field, 'plain12.dcm')];
    const turned = await generate(lateral, plain, '--json');
    expect(turned.errors).toEqual([
      `${lateral}: a lateral view (View Position LL) by its header: put behind the frontal one`,
    ]);
    expect(JSON.parse(turned.stdout).images.map(({ file }: { file: string }) => file)).toEqual([
      plain,
      lateral,
    ]);
    const knee = join(field, 'px/modality-MR-KNEE.dcm');
    const refused = await generate(knee, plain);
    expect([refused.code, refused.errors]).toEqual([
      1,
      [
        `raca: ${knee}: expected a chest radiograph, found: modality MR, body part KNEE by its header: ` +
          'not a chest radiograph (--force takes it all the same)',
      ],
    ]);
    const forced = await generate(knee, plain, '--force', '--json');
    expect([forced.code, JSON.parse(forced.stdout).warnings]).toEqual([
      0,
      [expect.stringContaining('modality MR')],
    ]);
    for (const options of [
      ['--window', '2048', '3000'],
      ['--levels', 'auto'],
      ['--gray', 'mimic-jpg'],
      ['--invert'],
    ])
      expect((await generate(plain, plain, ...options)).code, options.join(' ')).toBe(0);
  });

  it('refuses a picture of one gray unless it is forced', async () => {
    const flat = at('flat.png');
    const data = new Uint8Array(8100).fill(70);
    writeFileSync(flat, await encodePng({ width: 90, height: 90, channels: 1, data }));
    const { code, errors } = await generate(flat, flat);
    expect([code, errors]).toEqual([1, [expect.stringContaining('found: nearly one gray')]]);
    expect((await generate(flat, flat, '--force')).code).toBe(0);
  });

  it('refuses too many images and too large ones', async () => {
    expect((await generate(png, png, png)).errors[0]).toMatch(/the model takes 1 to 2 images a study, got 3/);
    const large = await generate(png, '--max-pixels', '5000');
    expect([large.code, large.errors[0]]).toEqual([
      1,
      `raca: ${png}: expected a readable image (DICOM, PNG, JPEG, TIFF, BMP, WebP, JPEG 2000), found: an image of 90x110, expected at most 5000 pixels`,
    ]);
    expect((await generate(png, '--max-pixels', 'many')).code).toBe(2);
  });
});

describe('raca generate with many studies', () => {
  const many = (...more: string[]) =>
    runCommand('generate', '--run', at('run'), '--backend', 'wasm', ...more);
  const rowsOf = (dir: string) =>
    readFileSync(join(at(dir), 'reports.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const ids = (dir: string) => rowsOf(dir).map(({ id }) => id);
  const content = (dir: string, name: string) => readFileSync(join(at(dir), name), 'utf8');

  beforeAll(() => {
    for (const [i, name] of readdirSync(at('phantom/images')).slice(0, 3).entries())
      cpSync(join(at('phantom/images'), name), at(`studies/s${i}`), { recursive: true });
  });

  it('writes a row for each study of a folder, the same as one by one', async () => {
    const { code, stdout } = await many('--studies', at('studies'), '--out', at('many'), '--pictures');
    expect([code, stdout]).toEqual([0, `${at('many/reports.csv')}: reports of 3 of 3 studies\n`]);
    expect(readdirSync(at('many')).sort()).toEqual([
      'generate.json',
      'pictures',
      'report.html',
      'reports.csv',
      'reports.jsonl',
    ]);
    expect(ids('many')).toEqual(['s0', 's1', 's2']);
    for (const row of rowsOf('many')) {
      const files = row.images.map(({ file }: { file: string }) => file);
      const alone = JSON.parse((await generate(...files, '--json')).stdout);
      for (const field of ['report', 'text', 'regions', 'probabilities', 'notice', 'warnings', 'notes'])
        expect(row[field], field).toEqual(alone[field]);
      expect(row.score).toBeCloseTo(alone.score, 3);
      expect((await decodeImage(at(`many/${row.picture}`))).width).toBe(16 + 720 + 16 + 4 * 216);
    }
    const [header, first] = content('many', 'reports.csv').split('\n');
    expect(header).toBe('id,images,report,text,score,warnings,notes,error,trained_on_drawn_images');
    expect(first).toMatch(/^s0,.*,yes$/);
    expect(content('many', 'report.html')).toContain(DRAWN_NOTICE);
  });

  it('goes on where a kill cut it off, with equal bytes', async () => {
    cpSync(at('many'), at('cut'), { recursive: true });
    const whole = content('many', 'reports.jsonl');
    const second = whole.indexOf('\n') + 1;
    writeFileSync(at('cut/reports.jsonl'), whole.slice(0, second + 40));
    const { code, errors } = await many('--studies', at('studies'), '--out', at('cut'), '--pictures');
    expect([code, ...errors.slice(0, 2)]).toEqual([
      0,
      '3 studies, 6 images',
      '1 of 3 studies have their reports already',
    ]);
    for (const name of ['reports.jsonl', 'reports.csv', 'report.html'])
      expect(content('cut', name) === content('many', name), name).toBe(true);
  });

  it('gives a study that cannot be read a row with the reason, and tries it again', async () => {
    cpSync(at('studies'), at('odd'), { recursive: true });
    mkdirSync(at('odd/broken'));
    writeFileSync(at('odd/broken/0.png'), 'no image');
    const first = await many('--studies', at('odd'), '--out', at('tried'));
    expect(first.code).toBe(1);
    expect(first.errors).toContain('1 of 4 studies have no report');
    expect(first.stdout).toContain('reports of 3 of 4 studies');
    const row = rowsOf('tried').find(({ id }) => id === 'broken');
    expect(row.error).toMatch(/broken\/0\.png: expected a readable image/);
    cpSync(png, at('odd/broken/0.png'));
    expect((await many('--studies', at('odd'), '--out', at('tried'))).code).toBe(0);
    expect(ids('tried').sort()).toEqual(['broken', 's0', 's1', 's2']);
    expect(content('tried', 'reports.csv')).not.toContain('no image');
  });

  it('takes a data set without reports, and prints without --out', async () => {
    const studies = ['a', 'b'].map((id, i) => ({ id, image_path: [`s${i}/0.png`] }));
    cpSync(at('studies'), at('bare/images'), { recursive: true });
    writeFileSync(at('bare/annotation.json'), JSON.stringify({ test: studies }));
    const { code, stdout } = await many('--data', at('bare'));
    expect([
      code,
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[0]),
    ]).toEqual([0, ['a', 'b']]);
    const rows = (await many('--data', at('bare'), '--json', '--split', 'all')).stdout.trim().split('\n');
    expect(rows.map((row) => JSON.parse(row).id)).toEqual(['a', 'b']);
    expect((await many('--data', at('bare'), '--split', 'val')).errors[0]).toMatch(
      /val: expected at least one study, found none \(2 in test\)/,
    );
  });

  it.skipIf(!existsSync(rexrank))(
    "writes ReXrank's form: the input file with an answer each, and it can be scored (needs ../shared/golden)",
    async () => {
      const input = readFileSync(join(rexrank, 'iu_input.json'), 'utf8');
      mkdirSync(at('board'));
      writeFileSync(at('board/ReXRank_IUXray_test.json'), input);
      for (const [path] of input.matchAll(/CXR9\w+(?:-\d+)+\/[01]\.png/g))
        cpSync(png, at(`board/img/${path}`), { recursive: true });
      const paths = ['--from', at('board/ReXRank_IUXray_test.json'), at('board/img')];
      const imported = await runCommand('data', 'import', 'rexrank', ...paths, '--out', at('board/data'));
      expect(imported.code, imported.errors.join('\n')).toBe(0);
      const flags = [
        '--data',
        at('board/data'),
        '--split',
        'all',
        '--format',
        'rexrank',
        '--out',
        at('answers'),
      ];
      const { code, stdout } = await many(...flags);
      expect([code, stdout]).toEqual([
        0,
        `${at('answers/rexrank.json')}: reports of 2 of 2 studies in ReXrank's form\n` +
          `${at('answers/reports.csv')}: reports of 2 of 2 studies\n`,
      ]);
      const output = content('answers', 'rexrank.json');
      expect(output.replace(/,\n {8}"model_prediction": ".*"/g, '')).toBe(input);
      const texts = Object.values<{ model_prediction: string }>(JSON.parse(output));
      expect(texts.map(({ model_prediction }) => model_prediction)).toEqual(
        rowsOf('answers').map(({ text }) => text),
      );
      const both = [at('board/ReXRank_IUXray_test.json'), at('answers/rexrank.json')];
      const scored = await runCommand('score', '--references', both[0], '--hypotheses', both[1], '--json');
      expect(scored.code, scored.errors.join('\n')).toBe(0);
      expect(JSON.parse(scored.stdout).read[0]).toContain('joined as ReXrank does');
    },
  );

  it("writes ReXrank's form of any data set with reports", async () => {
    const flags = ['--data', at('phantom'), '--format', 'rexrank', '--out', at('own-answers')];
    expect((await many(...flags)).code).toBe(0);
    const entries = Object.values<Record<string, unknown>>(
      JSON.parse(content('own-answers', 'rexrank.json').replaceAll('NaN', 'null')),
    );
    expect(entries).toHaveLength(6);
    expect(Object.keys(entries[0]).at(-1)).toBe('model_prediction');
  });

  it('refuses another run or options, and starts again when asked', async () => {
    const again = ['--studies', at('studies'), '--out', at('cut')];
    const refused = await many(...again, '--pictures', '--max-pixels', '100000');
    expect([refused.code, refused.errors[0]]).toEqual([
      1,
      `raca: ${at('cut')}: expected reading {}, which its reports were made with, found {"maxPixels":100000}: ` +
        'use another folder, or start again with --restart',
    ]);
    expect((await many(...again, '--max-pixels', '100000', '--restart', '--no-regions')).code).toBe(0);
    expect(ids('cut')).toEqual(['s0', 's1', 's2']);
    expect(rowsOf('cut')[0]).not.toHaveProperty('regions');
    const foreign = await many('--studies', at('studies'), '--out', at('phantom'));
    expect(foreign.code).toBe(0); // a folder without tables
    writeFileSync(at('run/reports.csv'), 'id\n');
    expect((await many('--studies', at('studies'), '--out', at('run'))).errors[0]).toMatch(
      /found another table there/,
    );
  });

  it.each([
    [[], 'expected one of --images, --studies or --data, found none'],
    [['--images', 'a.png', '--data', 'b'], 'found --images and --data'],
    [['--images', 'a.png', '--pictures', '--out', 'x'], '--pictures: expected --studies or --data with it'],
    [['--studies', 'a', '--restart'], '--restart: expected --out with it, found none'],
    [['--studies', 'a', '--out', 'b', '--format', 'rexrank'], '--format rexrank: expected --data with it'],
    [['--data', 'a', '--format', 'rexrank'], '--format rexrank: expected --out with it, found none'],
    [['--data', 'a', '--split', 'trian'], '--split: expected one of train, val, test, all, found "trian"'],
  ])('is wrong use: %j', async (flags, message) => {
    const { code, errors } = await many(...flags);
    expect([code, errors.length]).toEqual([2, 1]);
    expect(errors[0]).toContain(message);
  });
});
