/**
 * How well the lexicon finds the regions of sentences. Needs `npm run build`; for all but the phantom also the data
 * folder beside the repository (../shared/data: iu_xray, iu_regions).
 *
 *   node bench/lexicon.mjs             the tables
 *   node bench/lexicon.mjs --list      and every sentence on which lexicon and reader differ
 *   node bench/lexicon.mjs --silver 50 and the 50 most frequent kinds of difference from the silver regions
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '@raca/core/random';
import {
  annotationAgreement,
  cleanIu,
  lexiconAnnotator,
  parseAnnotation,
  SPLITS,
  sampleStudy,
  splitSentences,
  writeReport,
} from '../dist/index.js';

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const list = process.argv.includes('--list');
const at = process.argv.indexOf('--silver');
const kinds = at < 0 ? 0 : Number(process.argv[at + 1] ?? 50);

phantom();
if (existsSync(`${data}iu_xray/annotation.json`)) {
  const sentences = iuSentences();
  reader(sentences, 'iu-300.json');
  reader(sentences, 'iu-rare-100.json');
  if (existsSync(`${data}iu_regions/regions.jsonl`)) silver(sentences);
} else console.error('lexicon: no ../shared/data beside the repository: the phantom alone');

function phantom() {
  const pairs = [];
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed);
    const { report, sentence_regions } = writeReport(sampleStudy(random), random);
    splitSentences(cleanIu(report)).forEach((text, s) => {
      pairs.push({ text, regions: sentence_regions[`S${s + 1}`], times: 1 });
    });
  }
  print('phantom, 300 reports by seeds 0 to 299, truth of the grammar', pairs);
}

function iuSentences() {
  const annotation = parseAnnotation(JSON.parse(readFileSync(`${data}iu_xray/annotation.json`, 'utf8')));
  const studies = SPLITS.flatMap((split) => annotation[split]);
  return new Map(studies.map(({ id, report }) => [id, splitSentences(cleanIu(report))]));
}

function reader(sentences, file) {
  const { labels } = JSON.parse(readFileSync(new URL(`../src/annotate/${file}`, import.meta.url), 'utf8'));
  const pairs = labels.map(({ id, sentence, times, regions }) => ({
    text: sentences.get(id)[sentence - 1],
    regions,
    times,
  }));
  const differ = print(`IU X-ray, ${file}, one reader`, pairs);
  if (list) for (const line of differ) console.log(line);
}

/** Prints F1 and kappa of each region; returns what differs. */
function print(title, pairs) {
  const study = (regions, i) => ({
    id: `${i}`,
    report: pairs[i].text,
    image_path: ['x'],
    split: 'train',
    sentence_regions: { S1: regions },
  });
  const of = (lists) => ({ train: lists.map(study), val: [], test: [] });
  const found = lexiconAnnotator.annotate(pairs.map(({ text }) => text));
  const result = annotationAgreement(of(pairs.map(({ regions }) => regions)), of(found), {
    cleaning: 'iu_xray',
  });
  if (result.sentences !== pairs.length) throw new Error(`${title}: a sentence fell apart in cleaning`);
  console.log(`\n${title}: ${pairs.length} sentences`);
  console.log('region                 hit missed  extra     F1  kappa');
  for (const { region, both, onlyA, onlyB, f1, kappa } of result.regions) {
    const counts = [both, onlyA, onlyB].map((n) => String(n).padStart(6));
    console.log(region.padEnd(20) + counts.join(' ') + [f1, kappa].map(three).join(''));
  }
  const weigh = (lists) => pairs.reduce((sum, { times }, i) => sum + times * lists[i].length, 0);
  const hits = found.map((regions, i) => regions.filter((region) => pairs[i].regions.includes(region)));
  const drawn = (2 * weigh(hits)) / (weigh(found) + weigh(pairs.map(({ regions }) => regions)));
  console.log(
    `micro-F1${three(result.microF1)} (each sentence as often as it was drawn:${three(drawn)}), ` +
      `mean kappa${three(result.meanKappa)}, same set${three(result.exact)}`,
  );
  return result.disagreements.map(
    ({ id, a, b }) =>
      `  "${pairs[id].text}": reader ${a.join(', ') || 'none'}; lexicon ${b.join(', ') || 'none'}`,
  );
}

function three(value) {
  return (value === null ? '-' : value.toFixed(3)).padStart(7);
}

/** Sentences that stand word for word in both; the silver classes are coarser, and `others` is no class. */
function silver(sentences) {
  const coarse = {
    'Lung fields': 'lung',
    'Costophrenic angles': 'lung',
    Heart: 'heart',
    Mediastinum: 'mediastinal',
    Spine: 'bone',
    Ribs: 'bone',
    Clavicles: 'bone',
    Shoulders: 'bone',
  };
  const counts = { lung: [0, 0, 0], heart: [0, 0, 0], mediastinal: [0, 0, 0], bone: [0, 0, 0] };
  const differ = new Map();
  let compared = 0;
  for (const line of readFileSync(`${data}iu_regions/regions.jsonl`, 'utf8').trim().split('\n')) {
    const { id, regions } = JSON.parse(line);
    const sorted = Object.entries(regions).map(([name, text]) => [name, splitSentences(cleanIu(text))]);
    for (const sentence of sentences.get(id) ?? []) {
      const truth = sorted.filter(([, texts]) => sentence && texts.includes(sentence)).map(([name]) => name);
      if (truth.length === 0 || truth.includes('others')) continue;
      compared++;
      const [found] = lexiconAnnotator.annotate([sentence]);
      const here = new Set(found.map((region) => coarse[region]).filter(Boolean));
      for (const name of Object.keys(counts)) {
        const [inSilver, inLexicon] = [truth.includes(name), here.has(name)];
        if (!inSilver && !inLexicon) continue;
        counts[name][inSilver && inLexicon ? 0 : inSilver ? 1 : 2]++;
        if (inSilver === inLexicon) continue;
        const kind = `${inSilver ? 'missed' : 'extra'} ${name}: "${sentence}" (lexicon ${found.join(', ') || 'none'})`;
        differ.set(kind, (differ.get(kind) ?? 0) + 1);
      }
    }
  }
  console.log(`\nsilver regions, IU sentences that stand there word for word: ${compared}`);
  console.log('class          hit missed  extra     F1');
  const total = [0, 1, 2].map((k) => Object.values(counts).reduce((sum, row) => sum + row[k], 0));
  for (const [name, row] of [...Object.entries(counts), ['micro', total]]) {
    const f1 = (2 * row[0]) / (2 * row[0] + row[1] + row[2]);
    console.log(name.padEnd(12) + row.map((n) => String(n).padStart(6)).join(' ') + three(f1));
  }
  for (const [kind, n] of [...differ].sort((a, b) => b[1] - a[1]).slice(0, kinds))
    console.log(`${n} ${kind}`);
}
