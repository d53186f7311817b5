// Makes a listing of the size of MIMIC-CXR (227,835 reports, 377,110 images), then opens, filters, shuffles and
// iterates it in a process of its own, which tells its peak memory. Usage: node large-listing.mjs DIR [read]
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { buildVocabulary, cleanReport, filterStudies, Tokenizer } from '../../../dist/index.js';
import { openDataset, StudyLoader } from '../../../dist/node.js';

const [dir, phase] = process.argv.slice(2);
const STUDIES = 227_835;
const WITH_TWO = 377_110 - STUDIES; // so many studies have two images
const WORDS =
  'the heart is normal in size there is no effusion or pneumothorax lungs are clear and stable'.split(' ');

if (phase === 'read') await read();
else {
  write();
  const { stdout, stderr, status } = spawnSync(process.execPath, [process.argv[1], dir, 'read'], {
    encoding: 'utf8',
  });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = status ?? 1;
}

function write() {
  mkdirSync(dir, { recursive: true });
  const file = openSync(join(dir, 'annotation.json'), 'w');
  let lines = [];
  const flush = () => {
    writeSync(file, lines.join(''));
    lines = [];
  };
  for (const split of ['train', 'val', 'test']) {
    lines.push(`${split === 'train' ? '{' : '],'}"${split}":[`);
    const [from, to] = { train: [0, 222_758], val: [222_758, 224_566], test: [224_566, STUDIES] }[split];
    for (let n = from; n < to; n++) {
      const folder = `p${10 + (n % 10)}/p${10_000_000 + n}/s${50_000_000 + n}`;
      const images = n < WITH_TWO ? 2 : 1;
      const study = {
        id: `s${50_000_000 + n}`,
        report: Array.from({ length: 60 }, (_, k) => WORDS[(n * 7 + k * (1 + (n % 5))) % WORDS.length]).join(
          ' ',
        ),
        image_path: Array.from(
          { length: images },
          (_, k) => `${folder}/${String(n * 2 + k).padStart(44, '0')}.jpg`,
        ),
        split,
        views: n % 2 === 0 ? ['PA', 'LATERAL'].slice(0, images) : ['AP', 'AP'].slice(0, images),
        subject_id: String(10_000_000 + n),
        indication: 'Cough and fever ≥ 38 °C, please look for pneumonia.', // one sign that makes strings twice as wide
      };
      lines.push(`${n === from ? '' : ','}${JSON.stringify(study)}\n`);
      if (lines.length > 1000) flush();
    }
  }
  lines.push(']}');
  flush();
  closeSync(file);
}

async function read() {
  const { annotation } = openDataset(dir, { checkImages: false });
  const all = [...annotation.train, ...annotation.val, ...annotation.test];
  const studies = all.length;
  const images = all.reduce((sum, { image_path }) => sum + image_path.length, 0);
  const frontal = filterStudies(annotation, ({ views }) => views[0] === 'PA');
  const count = frontal.train.length + frontal.val.length + frontal.test.length;
  const tokenizer = new Tokenizer(
    buildVocabulary(
      frontal.train.slice(0, 1000).map(({ report }) => cleanReport(report, 'mimic_cxr')),
      { threshold: 1 },
    ),
  );
  const loader = new StudyLoader(
    { dir, annotation: frontal },
    { batchSize: 64, tokenizer, maxLength: 100, cleaning: 'mimic_cxr', transform: null, seed: 1 },
  );
  const seen = new Set();
  let iterated = 0;
  let first;
  for (const split of ['train', 'val', 'test']) {
    for await (const { indices } of loader.batches(split)) {
      first ??= indices;
      iterated += indices.length;
      for (const i of indices) seen.add(frontal[split][i].id);
    }
  }
  await loader.close();
  console.log(
    JSON.stringify({
      studies,
      images,
      frontal: count,
      iterated,
      distinct: seen.size,
      shuffled: first.some((value, i) => value !== i),
      megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}
