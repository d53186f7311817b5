/**
 * How well the rules agree with people's codes and with model-based scores. Needs `npm run build` and the data
 * folder beside the repository (../shared/data: iu_xray, iu_scored).
 *
 *   node bench/agreement.mjs
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  CHEXPERT_CONVENTION,
  CODED_CONVENTION,
  countAgreement,
  labelReport,
  measure,
  precisionRecallF1,
  radCliqRules,
  radgraphRulesF1,
  ruleLabeler,
  spearman,
} from '../dist/index.js';

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
for (const file of ['iu_xray/gold_labels_14.csv', 'iu_scored/scored_reports.csv']) {
  if (!existsSync(data + file)) {
    console.error(`agreement: expected ../shared/data/${file} beside the repository, found nothing`);
    process.exit(1);
  }
}

labels();
structure();
speed();

/** Gold columns of the classes that both schemes have. */
function labels() {
  const shared = {
    Atelectasis: ['Atelectasis'],
    Cardiomegaly: ['Cardiomegaly'],
    'Pleural Effusion': ['Effusion'],
    'Lung Lesion': ['Mass', 'Nodule'],
    Pneumonia: ['Pneumonia'],
    Pneumothorax: ['Pneumothorax'],
    Consolidation: ['Consolidation'],
    Edema: ['Edema'],
  };
  const gold = new Map(readTable('iu_xray/gold_labels_14.csv').map((row) => [row.filename, row]));
  const studies = readStudies().filter(({ uid }) => gold.has(uid));
  for (const [name, convention] of [
    ['chexpert', CHEXPERT_CONVENTION],
    ['coded', CODED_CONVENTION],
  ]) {
    const labeler = ruleLabeler(convention);
    for (const half of ['even', 'odd']) {
      const part = studies.filter(({ uid }) => (fnv1a(uid) % 2 === 1) === (half === 'odd'));
      const predicted = part.map(({ text }) => labeler.labelReport(text));
      const all = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
      const table = {};
      let macro = 0;
      for (const [label, columns] of Object.entries(shared)) {
        const counts = countAgreement(
          part.map(({ uid }) => columns.some((column) => gold.get(uid)[column] === '1')),
          predicted.map((values) => values[label] === 1),
        );
        for (const key of Object.keys(all)) all[key] += counts[key];
        const { precision, recall, f1 } = precisionRecallF1(counts);
        macro += f1 / Object.keys(shared).length;
        table[label] = {
          support: counts.truePositives + counts.falseNegatives,
          precision: precision.toFixed(3),
          recall: recall.toFixed(3),
          f1: f1.toFixed(3),
        };
      }
      const micro = precisionRecallF1(all).f1;
      console.log(
        `\nLabels, convention ${name}, ${half} half, ${part.length} studies: micro-F1 ${micro.toFixed(3)}, macro-F1 ${macro.toFixed(3)}`,
      );
      console.table(table);
    }
  }
}

function structure() {
  const rows = readTable('iu_scored/scored_reports.csv');
  console.log('\nSpearman with published model-based scores');
  for (const letterCase of ['ignore', 'keep']) {
    const suffix = letterCase === 'keep' ? '+case' : '';
    const graph = radgraphRulesF1({ letterCase });
    const composite = radCliqRules({ letterCase });
    for (const half of ['all', 'even', 'odd']) {
      const part = rows.filter(
        ({ r2gen_id: id }) => half === 'all' || (fnv1a(id.split('_')[0]) % 2 === 1) === (half === 'odd'),
      );
      const pairs = part.map((row) => ({
        id: row.r2gen_id,
        reference: row.reference,
        hypothesis: row.generated,
      }));
      const against = (scorer, key, column) =>
        spearman(
          measure(scorer, pairs).perReport.map((scores) => scores[key]),
          part.map((row) => Number(row[column])),
        ).toFixed(3);
      for (const variant of ['simple', 'partial', 'complete', 'relation', 'combined']) {
        const key = `radgraph-rules-f1/${variant}${suffix}`;
        console.log(
          `${half} ${part.length}: ${key} with radgraph_combined`,
          against(graph, key, 'radgraph_combined'),
        );
      }
      const key = `radcliq-rules/v1${suffix}`;
      console.log(`${half} ${part.length}: ${key} with radcliq_v1`, against(composite, key, 'radcliq_v1'));
    }
  }
}

/** Processor time of 10,000 reports; a number put into each sentence makes all of them unique. */
function speed() {
  const texts = readStudies().map(({ text }) => text);
  const at = (i) => texts[i % texts.length];
  for (const [name, textOf] of [
    ['as they are', at],
    ['every sentence unique', (i) => at(i).replaceAll(/\.(?=\s|$)/g, ` ${i}.`)],
  ]) {
    const reports = Array.from({ length: 10_000 }, (_, i) => textOf(i));
    const before = process.cpuUsage();
    for (const report of reports) labelReport(report);
    const { user, system } = process.cpuUsage(before);
    console.log(
      `\nLabels of 10,000 reports, ${name}: ${((user + system) / 1e6).toFixed(2)} s of processor time`,
    );
  }
}

function readStudies() {
  return readFileSync(`${data}iu_xray/reports.jsonl`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map(({ uid, findings, impression }) => ({ uid, text: `${findings ?? ''}\n\n${impression ?? ''}` }));
}

/** 32-bit FNV-1a of ASCII text. */
function fnv1a(text) {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}

/** Rows of a CSV file as records; quoted fields may hold commas and quotes. */
function readTable(file) {
  const [header, ...rows] = readFileSync(data + file, 'utf8')
    .split(/\r?\n/)
    .filter(Boolean)
    .map((line) =>
      [...line.matchAll(/("(?:[^"]|"")*"|[^,"]*)(?:,|$)/g)]
        .map(([, field]) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field))
        .slice(0, line.endsWith(',') ? undefined : -1),
    );
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}
