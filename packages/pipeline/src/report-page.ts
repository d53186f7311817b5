import { escapeHtml } from './html';
import { RESEARCH_NOTICE } from './report-record';
import { type SortKey, type StudyView, studyViewer } from './study-viewer';
import { VIEWER_SCRIPT } from './viewer-script';
import { VIEWER_STYLE } from './viewer-style';

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

/** Everything on the page. */
export interface ReportPage {
  readonly title: string;
  /** What kind of data: a phantom is labelled as such. */
  readonly notices: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
  /** Above the studies. */
  readonly tables: readonly ScoreTable[];
  /** Folded away below those. */
  readonly classTables?: readonly ScoreTable[];
  /** Which studies are shown, in a sentence. */
  readonly shown?: string;
  readonly studies: readonly StudyView[];
  readonly sortKeys: readonly SortKey[];
  /** Folded away below the studies. */
  readonly moreTables?: readonly ScoreTable[];
  /** SVG texts, folded away below the studies. */
  readonly curves?: readonly string[];
}

/**
 * The page as one self-contained HTML file: its policy lets in nothing from outside, and no script or style but its own. All
 * texts are escaped.
 */
export async function reportPage(page: ReportPage): Promise<string> {
  const { title, notices, facts, tables, classTables = [], shown, studies, sortKeys } = page;
  const { moreTables = [], curves = [] } = page;
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${await hashOf(VIEWER_STYLE)}'`,
    `script-src '${await hashOf(VIEWER_SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<div class="notice"><b>${RESEARCH_NOTICE}</b>${notices.map(escapeHtml).join(' ')}</div>`,
    `<dl>${Object.entries(facts)
      .map(([k, v]) => `<dt>${escapeHtml(k)}</dt><dd>${escapeHtml(v)}</dd>`)
      .join('')}</dl>`,
    ...(tables.length > 0 ? ['<h2>Scores</h2>', ...tables.map(scoreTable)] : []),
    classTables.length > 0
      ? `<details><summary>By class</summary>${classTables.map(scoreTable).join('')}</details>`
      : '',
    studies.length === 1 ? '' : '<h2>Studies</h2>',
    shown === undefined ? '' : `<p>${escapeHtml(shown)}</p>`,
    studyViewer(studies, sortKeys),
    ...(moreTables.length > 0
      ? [
          `<details><summary>Against the known truth</summary>${moreTables.map(scoreTable).join('')}</details>`,
        ]
      : []),
    curves.length > 0
      ? `<details><summary>Training</summary><div class="curves">${curves.map(curve).join('')}</div></details>`
      : '',
    `<footer>${RESEARCH_NOTICE} Findings by rules on the text. R and L on frontal views are the usual convention; they are not read from the picture.</footer>`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
<style>${VIEWER_STYLE}</style></head><body>
${body.filter(Boolean).join('\n')}
<script>${VIEWER_SCRIPT}</script></body></html>
`;
}

function scoreTable({ title, columns, rows }: ScoreTable): string {
  const arrow = { higher: '\u00a0↑', lower: '\u00a0↓', '': '' };
  const head = columns
    .map((c) => `<th scope="col">${escapeHtml(c.label)}${arrow[c.direction]}</th>`)
    .join('');
  const lines = rows.map(({ system, scores }) => {
    const cells = columns.map(({ key, whole }) => {
      const x = scores[key];
      return `<td>${x === undefined ? '' : whole ? x : x.toFixed(3)}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(system)}</th>${cells.join('')}</tr>`;
  });
  return `<div class="wide"><table><caption>${escapeHtml(title)}</caption><thead><tr><th></th>${head}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}

/** As an image, so that styles inside the drawing need no leave from the page's policy. */
const curve = (svg: string): string =>
  `<img alt="training curve" src="data:image/svg+xml,${encodeURIComponent(svg)}">`;

/** A hash as content security policies name it. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
