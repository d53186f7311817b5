import { escapeHtml } from '../../html';
import { type CurvePoint, curvesSvg } from '../curves';
import { COLUMNS } from '../table';
import type { Analysis } from './analysis';
import { intervalsSvg } from './intervals';
import type { TextTable } from './tables';

/** What {@link ablationPage} shows. */
export interface AblationPage {
  readonly title: string;
  readonly notice: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly tables: readonly TextTable[];
  readonly analysis: Analysis | undefined;
  /** Names of the rows in order. */
  readonly rows: readonly string[];
  /** Validation score an epoch, mean over seeds. */
  readonly curves: readonly CurvePoint[];
  /** Rows that failed, and why. */
  readonly failures: readonly string[];
}

/** Scores that get a plot. */
const PLOTTED = ['clinical/micro/f1/14', 'clinical/macro/f1/14', 'BLEU_4', 'CIDEr'];

/** One self-contained HTML file: no script, no outside resource. */
export async function ablationPage(page: AblationPage): Promise<string> {
  const plots: string[] = [];
  for (const key of PLOTTED) {
    const scores = page.analysis?.scores.filter((score) => score.key === key) ?? [];
    const label = COLUMNS.find((column) => column.key === key)?.label ?? key;
    if (scores.length > 0) plots.push(await intervalsSvg(scores, page.rows, label));
  }
  const curves = page.curves.length > 1 ? await curvesSvg(page.curves, 'validation clinical micro-F1') : '';
  const body = [
    `<h1>${escapeHtml(page.title)}</h1>`,
    `<p class="notice">Research software. Not for clinical use. ${escapeHtml(page.notice)}</p>`,
    `<dl>${Object.entries(page.facts)
      .map(([k, v]) => `<dt>${escapeHtml(k)}</dt><dd>${escapeHtml(v)}</dd>`)
      .join('')}</dl>`,
    ...page.failures.map((text) => `<p class="failed">${escapeHtml(text)}</p>`),
    plots.length
      ? `<h2>Scores</h2><p>Points: seeds. Ticks: means. Bars: 95 % intervals over studies.</p><div class="plots">${plots.join('')}</div>`
      : '',
    ...page.tables.map(table),
    curves && `<h2>Training</h2>${curves}`,
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(page.title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>${body.filter(Boolean).join('\n')}</body></html>\n`;
}

function table({ title, head, rows }: TextTable): string {
  const line = ([first, ...cells]: readonly string[]): string =>
    `<tr><th scope="row">${escapeHtml(first)}</th>${cells.map((x) => `<td>${escapeHtml(x)}</td>`).join('')}</tr>`;
  const heads = head.map((x) => `<th>${escapeHtml(x)}</th>`).join('');
  return `<table><caption>${escapeHtml(title)}</caption><tr>${heads}</tr>${rows.map(line).join('')}</table>`;
}

const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;max-width:1280px;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.6rem}h2{border-bottom:1px solid #d0d7de;margin-top:2rem}
.notice{background:#fff4ce;border:1px solid #e6c300;padding:.6rem .9rem;border-radius:6px}
.failed{background:#ffebe9;border:1px solid #cf222e;padding:.4rem .9rem;border-radius:6px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{color:#57606a}dd{margin:0}
table{border-collapse:collapse;margin:1rem 0;font-size:.85rem}caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{border:1px solid #d0d7de;padding:.2rem .5rem;text-align:right;white-space:nowrap}th[scope=row]{text-align:left}
.plots{display:flex;flex-wrap:wrap;gap:1rem}`;
