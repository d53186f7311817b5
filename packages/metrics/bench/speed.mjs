/**
 * Seconds of the metrics on one core, and memory over a long stream. Needs `npm run build`; texts from the data folder
 * beside the repository (../shared/data/iu_predictions) where it is there, else made up.
 *
 *   node bench/speed.mjs [pairs of the stream, default 1000000]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const metricsModule = new URL('../dist/index.js', import.meta.url).href;
const folder = fileURLToPath(new URL('../../../../shared/data/iu_predictions/', import.meta.url));
const part = process.argv[2];

if (part === '--language') {
  const { bleu, cider, rougeL, score } = await import(metricsModule);
  score(texts(), { protocol: 'r2gen', metrics: [bleu(), rougeL(), cider()] });
} else {
  const real = existsSync(folder);
  console.log(
    `${real ? 'references and reports of ../shared/data/iu_predictions' : 'made-up reports'}, Node ${process.version}`,
  );
  line('BLEU, ROUGE-L, CIDEr, 590 reports, start-up included', startUp());
  const { labelReport, measure, meteor15, nltkMeteor } = await import(metricsModule);
  const { DEBIAN_WORDNET, readWordnet } = await import(new URL('../dist/node.js', import.meta.url).href);
  const pairs = texts();
  if (existsSync(DEBIAN_WORDNET)) {
    const wordnet = readWordnet();
    line(
      'METEOR 1.5 with synonyms, 590 reports',
      seconds(() => measure(meteor15({ wordnet }), pairs)),
    );
    line(
      "NLTK's METEOR, 590 reports",
      seconds(() => measure(nltkMeteor({ wordnet }), pairs)),
    );
  } else
    line(
      'METEOR 1.5 without synonyms, 590 reports',
      seconds(() => measure(meteor15(), pairs)),
    );
  const reports = Array.from({ length: 10_000 }, (_, i) => variant(pairs[i % pairs.length].reference, i));
  line(
    'labels, 10,000 different reports',
    seconds(() => reports.map((text) => labelReport(text))),
  );
  await stream(pairs, Number(part ?? 1_000_000));
}

/** Every text another one, so that nothing remembered helps. */
function variant(text, i) {
  return text.replaceAll(' . ', ` near level ${i} . `);
}

function startUp() {
  const run = seconds(() => {
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--language']);
    if (status !== 0) throw new Error(String(stderr));
  });
  return run;
}

async function stream(pairs, count) {
  const { scoreStream } = await import(metricsModule);
  const all = scoreStream({
    protocol: 'full',
    metrics: ['bleu', 'rouge-l', 'meteor-1.5', 'clinical-f1'],
  });
  // Short texts: the stream measures memory, not words.
  const short = pairs.map(({ reference, hypothesis }) => ({
    reference: reference.split(' ').slice(0, 12).join(' '),
    hypothesis: hypothesis.split(' ').slice(0, 12).join(' '),
  }));
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const { reference, hypothesis } = short[i % short.length];
    all.update({ reference: `${reference} number ${i}`, hypothesis });
    if ([0.1, 0.25, 0.5, 0.75, 1].includes((i + 1) / count)) {
      globalThis.gc?.();
      const { heapUsed } = process.memoryUsage();
      console.log(
        `stream: ${i + 1} pairs, ${((performance.now() - start) / 1000).toFixed(0)} s, heap ${(heapUsed / 2 ** 20).toFixed(0)} MiB`,
      );
    }
  }
  all.compute();
}

function texts() {
  if (!existsSync(folder)) {
    const reference =
      'the heart is normal in size . the lungs are clear . no pleural effusion or pneumothorax . ';
    return Array.from({ length: 590 }, (_, i) => ({
      id: String(i),
      reference: variant(reference + reference, i),
      hypothesis: reference,
    }));
  }
  const column = (file) =>
    readFileSync(folder + file, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.slice(row.indexOf(',') + 1).replaceAll('"', ''));
  const hypotheses = column('cvt2distilgpt2_generated_tokenised.csv');
  return column('references_tokenised.csv').map((reference, i) => ({
    id: String(i),
    reference,
    hypothesis: hypotheses[i],
  }));
}

function seconds(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

function line(what, time) {
  console.log(`${time.toFixed(2)} s  ${what}`);
}
