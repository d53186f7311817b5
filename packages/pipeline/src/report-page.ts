import { REGIONS, type RegionName } from '@raca/core/regions';
import { escapeHtml } from './html';

/** One row of the score table: a system and its numbers by name. */
export interface ScoreRow {
  readonly system: string;
  readonly scores: Readonly<Record<string, number>>;
}

/** Scores under one protocol. */
export interface ScoreTable {
  readonly title: string;
  /** Names of the numbers shown, in order. */
  readonly columns: readonly {
    readonly key: string;
    readonly label: string;
    readonly direction: 'higher' | 'lower' | '';
    /** Shown without decimals. */
    readonly whole?: true;
  }[];
  readonly rows: readonly ScoreRow[];
}

/** One generated sentence and the regions it speaks of. */
export interface SentenceView {
  readonly text: string;
  readonly regions: readonly RegionName[];
}

/** One study on the page. */
export interface StudyView {
  readonly id: string;
  /** Data URLs of the views. */
  readonly images: readonly string[];
  readonly reference: string;
  readonly sentences: readonly SentenceView[];
  /** Masks `[12][views][rows · cols]`, 0 or 1. */
  readonly masks: readonly (readonly (readonly number[])[])[];
  readonly grid: { readonly rows: number; readonly cols: number };
}

/** Everything on the page. */
export interface ReportPage {
  readonly title: string;
  /** What kind of data: a phantom is labelled as such. */
  readonly notice: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly tables: readonly ScoreTable[];
  /** SVG texts. */
  readonly curves: readonly string[];
  readonly studies: readonly StudyView[];
}

const DISCLAIMER = 'Research software. Not for clinical use.';
const COLOURS = ['#e6194b', '#3cb44b', '#ffe119', '#4363d8', '#f58231', '#46f0f0'];

/** The page as one self-contained HTML file: no script, no outside resource. */
export function reportPage(page: ReportPage): string {
  const body = [
    `<h1>${escapeHtml(page.title)}</h1>`,
    `<p class="notice">${escapeHtml(DISCLAIMER)} ${escapeHtml(page.notice)}</p>`,
    `<dl>${Object.entries(page.facts)
      .map(([k, v]) => `<dt>${escapeHtml(k)}</dt><dd>${escapeHtml(v)}</dd>`)
      .join('')}</dl>`,
    '<h2>Scores</h2>',
    ...page.tables.map(scoreTable),
    page.curves.length ? `<h2>Training</h2><div class="curves">${page.curves.join('')}</div>` : '',
    `<h2>Studies</h2><p>Each generated sentence stands beside the patches that the agent chose for the regions
     it speaks of (named by the sentence lexicon).</p>`,
    ...page.studies.map(study),
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(page.title)}</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>${body.join('\n')}</body></html>\n`;
}

function scoreTable({ title, columns, rows }: ScoreTable): string {
  const arrow = { higher: ' ↑', lower: ' ↓', '': '' };
  const head = columns.map((c) => `<th>${escapeHtml(c.label)}${arrow[c.direction]}</th>`).join('');
  const lines = rows.map(({ system, scores }) => {
    const cells = columns.map(({ key, whole }) => {
      const x = scores[key];
      return `<td>${x === undefined ? '' : whole ? x : x.toFixed(3)}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(system)}</th>${cells.join('')}</tr>`;
  });
  return `<table><caption>${escapeHtml(title)}</caption><tr><th></th>${head}</tr>${lines.join('')}</table>`;
}

function study(s: StudyView): string {
  const images = s.images.map(
    (url, v) => `<figure><img src="${url}" alt="view ${v + 1}">
<figcaption>view ${v + 1}</figcaption></figure>`,
  );
  const sentences = s.sentences.map((sentence) => {
    const views = s.images.map((url, v) => overlay(url, s, sentence.regions, v)).join('');
    const names = sentence.regions.map(
      (name, i) => `<b style="color:${COLOURS[i % COLOURS.length]}">■</b> ${escapeHtml(name)}`,
    );
    return `<tr><td>${escapeHtml(sentence.text)}<br><small>${names.join(' ') || 'no region'}</small></td><td>${views}</td></tr>`;
  });
  return `<section><h3>${escapeHtml(s.id)}</h3><div class="views">${images.join('')}
<div><h4>Reference</h4><p>${escapeHtml(s.reference)}</p></div></div>
<h4>Generated</h4><table class="sentences">${sentences.join('')}</table></section>`;
}

function overlay(url: string, s: StudyView, regions: readonly RegionName[], view: number): string {
  const { rows, cols } = s.grid;
  const squares = regions.flatMap((name, i) =>
    s.masks[REGIONS.indexOf(name)][view].map((on, k) =>
      on
        ? `<rect x="${k % cols}" y="${Math.floor(k / cols)}" width="1" height="1" fill="${COLOURS[i % COLOURS.length]}"/>`
        : '',
    ),
  );
  return `<span class="overlay"><img src="${url}" alt=""><svg viewBox="0 0 ${cols} ${rows}" preserveAspectRatio="none">
<g fill-opacity="0.35">${squares.join('')}</g></svg></span>`;
}

const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.6rem}h2{border-bottom:1px solid #d0d7de;margin-top:2rem}
.notice{background:#fff4ce;border:1px solid #e6c300;padding:.6rem .9rem;border-radius:6px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{color:#57606a}dd{margin:0}
table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{border:1px solid #d0d7de;padding:.25rem .6rem;text-align:right}th[scope=row]{text-align:left}
.sentences td{text-align:left;vertical-align:middle}
.views{display:flex;gap:1rem;align-items:flex-start}figure{margin:0}figcaption{color:#57606a;font-size:.8rem}
figure img{width:200px;height:200px;object-fit:fill;background:#000}
.overlay{position:relative;display:inline-block;margin-right:.4rem}.overlay img{width:110px;height:110px;display:block}
.overlay svg{position:absolute;inset:0;width:100%;height:100%}
.curves{display:flex;flex-wrap:wrap;gap:1rem}section{border-top:1px solid #d0d7de;padding-top:.5rem}`;
