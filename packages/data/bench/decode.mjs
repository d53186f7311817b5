// Images a second: reading alone, and through StudyLoader with threads, for PNG, JPEG and DICOM made here.
//   node packages/data/bench/decode.mjs [--size 2500x2048] [--count 24] [--seconds 4] [--only jpeg]
// DICOM needs Debian's dcmtk and libgdcm-tools; rows without their program are left out. Needs the built packages.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset, readImage, StudyLoader, writeDataset } from '@raca/data/node';
import sharp from 'sharp';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '2500x2048' },
    count: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: '' }, // kinds whose name holds this
  },
});
const [width, height] = values.size.split('x').map(Number);
const dir = mkdtempSync(join(tmpdir(), 'raca-decode-'));
const at = (name) => join(dir, name);

/** A picture as smooth as a radiograph, with grain: 12 bit. */
const samples = Uint16Array.from({ length: width * height }, (_, i) => {
  const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
  const grain = ((i * 2654435761) >>> 24) / 8;
  return Math.min(4095, 600 + 2400 * x * (1 - y) + 700 * Math.sin(9 * y) ** 2 + grain);
});
const bytes = Uint8Array.from(samples, (value) => value >> 4);
const raw = { width, height, channels: 1 };
writeFileSync(at('png 8 bit'), await sharp(bytes, { raw }).toColourspace('b-w').png().toBuffer());
const wide = Uint16Array.from(samples, (value) => value * 16);
writeFileSync(at('png 16 bit'), await sharp(wide, { raw }).toColourspace('grey16').png().toBuffer());
writeFileSync(at('jpeg'), await sharp(bytes, { raw }).toColourspace('b-w').jpeg({ quality: 95 }).toBuffer());
const small = sharp(bytes, { raw }).resize(320, 320, { fit: 'fill' }).toColourspace('b-w');
writeFileSync(at('png 320x320'), await small.png().toBuffer());
const kinds = ['png 320x320', 'png 8 bit', 'png 16 bit', 'jpeg'];

const dump = (file, data, allocated, stored) => {
  writeFileSync(at('raw'), new Uint8Array(data.buffer));
  const fields = [
    '(0008,0016) UI =DigitalXRayImageStorageForPresentation',
    '(0008,0018) UI [1.2.276.0.7230010.3.1.4.1]',
    '(0028,0002) US 1',
    '(0028,0004) CS [MONOCHROME2]',
    `(0028,0010) US ${height}`,
    `(0028,0011) US ${width}`,
    `(0028,0100) US ${allocated}`,
    `(0028,0101) US ${stored}`,
    `(0028,0102) US ${stored - 1}`,
    '(0028,0103) US 0',
    `(7fe0,0010) ${allocated === 8 ? 'OB' : 'OW'} =${at('raw')}`,
  ];
  writeFileSync(at('dump'), `${fields.join('\n')}\n`);
  execFileSync('dump2dcm', ['+te', at('dump'), at(file)], { stdio: 'ignore' });
};
const code = (kind, from, program, ...flags) => {
  try {
    execFileSync(program, [...flags, at(from), at(kind)], { stdio: 'ignore' });
    kinds.push(kind);
  } catch {
    console.error(`without ${kind}: ${program} is not there`);
  }
};
try {
  dump('deep', samples, 16, 12);
  dump('flat', bytes, 8, 8);
} catch {
  console.error('without DICOM: dump2dcm (dcmtk) is not there');
}
code('dicom uncompressed', 'deep', 'dcmconv', '+te');
code('dicom deflated', 'deep', 'dcmconv', '+td');
code('dicom rle', 'deep', 'dcmcrle');
code('dicom jpeg baseline', 'flat', 'dcmcjpeg', '+eb');
code('dicom jpeg extended 12 bit', 'deep', 'dcmcjpeg', '+ee');
code('dicom jpeg lossless', 'deep', 'dcmcjpeg', '+e1');
code('dicom jpeg-ls', 'deep', 'dcmcjpls', '+el');
code('dicom jpeg 2000', 'deep', 'gdcmconv', '--j2k');

const seconds = Number(values.seconds);
const rate = async (run) => {
  await run(); // codecs are compiled, files are in the system's cache
  let n = 0;
  const started = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - started < seconds * 1000) n += await run();
  const { user, system } = process.cpuUsage(before); // of all threads: what a busy machine does not change
  const perSecond = n / ((performance.now() - started) / 1000);
  return `${perSecond.toFixed(1)} (${((user + system) / 1000 / n).toFixed(0)} ms)`;
};
const tokenizer = { encode: () => [0, 0], decode: () => '' };
const count = Number(values.count);
console.log(`${width}x${height}, ${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}`);
console.log(
  'images/s (processor time an image): kind | reading alone | loader, 1 thread | loader, 2 threads',
);
for (const kind of kinds.filter((name) => name.includes(values.only))) {
  const one = await rate(async () => {
    await readImage(at(kind));
    return 1;
  });
  const folder = at('set');
  mkdirSync(join(folder, 'images'), { recursive: true });
  execFileSync('cp', [at(kind), join(folder, 'images', 'x')]);
  const train = Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    report: 'clear lungs .',
    image_path: ['x'],
    split: 'train',
  }));
  writeDataset(folder, { train, val: [], test: [] }, { source: 'bench', licence: 'none' });
  const through = [];
  for (const workers of [1, 2]) {
    const transform = { kind: 'train', shortSide: 256, size: 224 };
    const loader = new StudyLoader(openDataset(folder), {
      batchSize: 8,
      tokenizer,
      maxLength: 8,
      transform,
      workers,
    });
    through.push(
      await rate(async () => {
        let n = 0;
        for await (const batch of loader.batches('train')) n += batch.ids.length;
        return n;
      }),
    );
    await loader.close();
  }
  console.log(`${kind} | ${one} | ${through.join(' | ')}`);
}
console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
rmSync(dir, { recursive: true, force: true });
