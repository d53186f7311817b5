import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGIONS } from '@raca/core/regions';
import { decodeImage, encodePng } from '@raca/data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chest, MISSING, makeDicom, SECRETS } from '../../data/src/dicom/testing/programs';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-generate-'));
const at = (name: string) => join(root, name);
const generate = (...more: string[]) =>
  runCommand('generate', '--run', at('run'), '--backend', 'wasm', '--images', ...more);

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
    expect(readdirSync(at('out/deep')).sort()).toEqual(['regions.png', 'report.json', 'report.txt']);
    const json = JSON.parse(readFileSync(at('out/deep/report.json'), 'utf8'));
    expect(JSON.parse(stdout)).toEqual(json);
    expect(readFileSync(at('out/deep/report.txt'), 'utf8')).toBe(`${json.report}\n`);
    expect(json.images).toEqual([png, png].map((file) => ({ file, format: 'PNG', width: 90, height: 110 })));
    expect(Object.keys(json.regions)).toEqual([...REGIONS]);
    for (const mask of Object.values(json.regions)) expect(mask).toHaveLength(2 * 4 * 4);
    const picture = await decodeImage(at('out/deep/regions.png'));
    expect([picture.width, picture.channels]).toEqual([12 + 512 + 12 + 4 * 172, 3]);
    expect(picture.height).toBeGreaterThan(2 * 512);
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
