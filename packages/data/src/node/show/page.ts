import { basename, resolve } from 'node:path';
import { SPLITS } from '../../dataset';
import type { PageContent, Sample } from './show';
import type { BySplit, DataSummary } from './summary';

/** The page as one file of HTML: no scripts, no addresses, all text escaped. */
export function dataPage({ dir, manifest, summary, survey, samples }: PageContent): string {
  const name = basename(resolve(dir));
  const credentialed = manifest?.access === 'credentialed';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${asHtml(name)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; border-top: 1px solid #ccc; padding-top: 1rem }
h3 { font-size: .95rem; margin: 0 }
table { border-collapse: collapse }
th, td { text-align: right; padding: .1rem 0 .1rem 1.2rem; font-weight: normal; border-bottom: 1px solid #eee; font-variant-numeric: tabular-nums }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
td.text { text-align: left; max-width: 44rem }
th { color: #555 }
p, li, td { overflow-wrap: anywhere }
article { display: grid; grid-template-columns: 22rem 1fr; gap: 1rem; border-top: 1px solid #eee; padding: .75rem 0 }
img { max-width: 10.5rem; height: auto; vertical-align: top; background: #000 }
svg { max-width: 100%; height: auto }
.small { color: #555; font-size: .85rem }
.warn { color: #a40000 }
@media (max-width: 45rem) { article { grid-template-columns: 1fr } }
</style>
<h1>${asHtml(name)}</h1>
<p>Research data. Not for clinical use.${credentialed ? ' <strong>Credentialed text: this page must not leave your machine.</strong>' : ''}</p>
${manifest ? `<p class="small">${asHtml(`${manifest.source}. ${manifest.licence}.${manifest.sections ? ` Report: ${manifest.sections}.` : ''}`)}</p>` : ''}
${counts(summary)}
${manifest?.counts ? filters(manifest.counts) : ''}
${leaks(summary)}
${views(summary)}
${lengths(summary)}
${vocabulary(summary)}
${texts(summary)}
${labels(summary)}
${images(survey)}
<h2>Samples</h2>
${samples.map(sample).join('\n')}
</html>
`;
}

const COLOURS = { train: '#4c78a8', val: '#f58518', test: '#54a24b' } as const;

function counts({ studies, images, patients, imagesPerStudy }: DataSummary): string {
  const known = patients.train + patients.val + patients.test > 0;
  return `<h2>Counts</h2>
${table(
  ['', ...SPLITS],
  [
    ['studies', ...numbers(studies)],
    ['images', ...numbers(images)],
    ...(known ? [['patients', ...numbers(patients)]] : []),
  ],
)}
<p class="small">Images a study: ${imagesPerStudy.map(([n, count]) => `${n} (${count} studies)`).join(', ')}. Studies are not images: compare like with like.</p>`;
}

function filters(
  rows: readonly { filter: string; studies: number; images?: number; dropped?: unknown }[],
): string {
  const reasons = (dropped: unknown): string =>
    Array.isArray(dropped)
      ? dropped
          .map(({ reason, studies, images }) => `${reason} (${studies} studies, ${images} images)`)
          .join('; ')
      : '';
  return `<h2>Filters of the import</h2>
${table(
  ['after', 'studies', 'images', 'left out'],
  rows.map((row) => [row.filter, row.studies, row.images ?? '', reasons(row.dropped)]),
  3,
)}`;
}

function leaks({ leaks, texts }: DataSummary): string {
  const line = (what: string, found: readonly string[]) =>
    found.length === 0
      ? `<li>${what} in two splits: none</li>`
      : `<li class="warn">${what} in two splits: ${found.length}, for example ${asHtml(found.slice(0, 5).join(', '))}</li>`;
  const { alsoInTrain } = texts;
  return `<h2>Leaks between splits</h2>
<ul>
${line('patients (subject_id)', leaks.patients)}
${line('image files', leaks.images)}
<li>reports whose cleaned text stands in train too: val ${alsoInTrain.val}, test ${alsoInTrain.test}</li>
</ul>`;
}

const views = ({ views }: DataSummary): string => `<h2>Views</h2>
${table(
  ['view', ...SPLITS],
  views.map(([view, images]) => [view, ...numbers(images)]),
)}`;

function lengths({ lengths: { width, bins, mean }, studies }: DataSummary): string {
  const [w, h, base] = [640, 180, 20];
  const share = (split: (typeof SPLITS)[number], n: number) => bins[split][n] / Math.max(1, studies[split]);
  const highest = Math.max(0.01, ...SPLITS.flatMap((split) => bins[split].map((_, n) => share(split, n))));
  const step = w / bins.train.length;
  const bars = SPLITS.flatMap((split, s) =>
    bins[split].map((_, n) => {
      const height = ((h - base) * share(split, n)) / highest;
      const x = n * step + (s * step) / 3.5;
      return `<rect x="${x.toFixed(1)}" y="${(h - base - height).toFixed(1)}" width="${(step / 3.8).toFixed(1)}" height="${height.toFixed(1)}" fill="${COLOURS[split]}"/>`;
    }),
  );
  const axis = bins.train.map(
    (_, n) => `<text x="${(n * step).toFixed(1)}" y="${h - 5}" font-size="10">${n * width}</text>`,
  );
  const key = SPLITS.map(
    (split) => `<span style="color:${COLOURS[split]}">■</span> ${split} (mean ${mean[split].toFixed(1)})`,
  );
  return `<h2>Length of reports in words</h2>
<p class="small">Share of each split. ${key.join(' ')}; the last bar holds all longer ones.</p>
<svg viewBox="0 0 ${w} ${h}" width="${w}" role="img" aria-label="histogram of report lengths">${bars.join('')}${axis.join('')}</svg>`;
}

function vocabulary({ vocabulary: { threshold, size, distinct, unknown, frequent } }: DataSummary): string {
  return `<h2>Vocabulary</h2>
<p>${size} words seen ${threshold} times or more in training, of ${distinct} distinct ones. Words outside it: ${SPLITS.map((split) => `${split} ${(100 * unknown[split]).toFixed(2)} %`).join(', ')}.</p>
<p class="small">${frequent.map(([word, count]) => `${asHtml(word)} ${count}`).join(' · ')}</p>`;
}

function texts({ texts: { distinct, frequent }, studies }: DataSummary): string {
  const shares = SPLITS.map((split) => `${split} ${distinct[split]} of ${studies[split]}`).join(', ');
  return `<h2>Reports that repeat</h2>
<p>Distinct texts: ${shares}.</p>
${
  frequent.length === 0
    ? ''
    : table(
        ['text, cleaned', 'times'],
        frequent.map(([text, count]) => [text, count]),
      )
}`;
}

function labels({ labels, studies }: DataSummary): string {
  if (!labels) return '';
  const total = SPLITS.reduce((sum, split) => sum + studies[split], 0);
  const rows = labels.map(([name, counts]) => {
    const positive = SPLITS.reduce((sum, split) => sum + counts[split].positive, 0);
    const bar = `<svg viewBox="0 0 100 8" width="100" height="8"><rect width="${((100 * positive) / Math.max(1, total)).toFixed(1)}" height="8" fill="${COLOURS.train}"/></svg>`;
    const cells = SPLITS.map(
      (split) =>
        `<td>${counts[split].positive} / ${counts[split].uncertain} / ${counts[split].negative}</td>`,
    );
    return `<tr><td>${asHtml(name)}</td>${cells.join('')}<td>${bar}</td></tr>`;
  });
  return `<h2>Labels of the reports</h2>
<p class="small">By rules on the text, not by radiologists. Studies that say yes / uncertain / no; the others do not mention it.</p>
<table><tr><th></th>${SPLITS.map((split) => `<th>${split}</th>`).join('')}<th>yes, share of all</th></tr>${rows.join('')}</table>`;
}

function images({ looked, missing, sizes, odd }: PageContent['survey']): string {
  const rows = odd.slice(0, 100).map(({ path, warnings }) => [path, warnings.join('; ')]);
  return `<h2>Images</h2>
<p>Looked at ${looked}: ${missing > 0 ? `<span class="warn">${missing} files missing</span>` : 'no file missing'}, ${odd.length} look wrong or cannot be read.</p>
${odd.length > 0 ? table(['image', 'what'], rows, 1) : ''}
<p class="small">Sizes: ${sizes.map(([size, count]) => `${size} (${count})`).join(', ') || 'none'}</p>`;
}

function sample({ study, pictures }: Sample): string {
  const facts = ['indication', 'history', 'comparison', 'technique', 'prior_study']
    .filter((field) => typeof study[field] === 'string')
    .map((field) => `<p class="small">${field}: ${asHtml(String(study[field]))}</p>`);
  const shown = pictures.map((picture) =>
    'src' in picture ? `<img src="${picture.src}" alt="">` : `<p class="warn">${asHtml(picture.fault)}</p>`,
  );
  const views = Array.isArray(study.views) ? study.views.map((view) => view ?? 'unknown').join(', ') : '';
  return `<article><div>${shown.join(' ')}</div><div>
<h3>${asHtml(study.id)}</h3><p class="small">${study.split}${views ? `, ${asHtml(views)}` : ''}</p>
<p>${asHtml(study.report)}</p>
${facts.join('\n')}</div></article>`;
}

/** @param texts from this column on cells are text */
function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  texts = head.length,
): string {
  const cell = (value: string | number, n: number) =>
    `<td${n >= texts ? ' class="text"' : ''}>${asHtml(String(value))}</td>`;
  return `<table><tr>${head.map((name) => `<th>${asHtml(name)}</th>`).join('')}</tr>
${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</table>`;
}

const numbers = (values: BySplit<number>): number[] => SPLITS.map((split) => values[split]);

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const asHtml = (text: string): string => text.replace(/[&<>"']/g, (mark) => ENTITIES[mark]);
