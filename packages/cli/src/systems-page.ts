import type { SystemsScore } from '@raca/metrics';
import { asHtml, htmlPage } from './html-page';
import { BASELINES } from './score-output';
import { type SystemsResult, systemsTables } from './systems-tables';

const STYLE = `.plots { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0 } figcaption { font-size: .85rem; color: #555 }
table { font-size: .85rem } td { white-space: nowrap }
.wide { overflow-x: auto }
svg text { font: 11px system-ui, sans-serif; fill: #222 }`;

/** A page of its own with the tables of several systems and, for every score, the systems with their intervals. */
export function systemsPage(result: SystemsResult): string {
  const { report, read, warnings } = result;
  const lines = [...read, ...warnings.map((warning) => `Warning: ${warning}`)];
  const plots = report.scores
    .filter(({ key }) => !key.startsWith('clinical/class/'))
    .map((score) => plot(score, report.systems));
  const tables = systemsTables(result).map(
    ({ title, head, rows }) => `<h2>${asHtml(title)}</h2>
<div class="wide"><table><tr>${head.map((cell) => `<th>${asHtml(cell)}</th>`).join('')}</tr>
${rows.map((row) => `<tr>${row.map((cell) => `<td>${asHtml(cell)}</td>`).join('')}</tr>`).join('\n')}</table></div>`,
  );
  return htmlPage(
    `${report.systems.length} systems on ${report.count} reports`,
    STYLE,
    `${lines.map((line) => `<p>${asHtml(line)}</p>`).join('\n')}
<h2>Scores with 95 % intervals</h2>
<div class="plots">${plots.join('\n')}</div>
${tables.join('\n')}
<p>${asHtml(BASELINES)}</p>`,
  );
}

const [WIDTH, LEFT, ROW, TOP] = [340, 130, 18, 8];

/** One line per system: a dot at the score, a bar over its interval. */
function plot({ key, direction, systems }: SystemsScore, names: readonly string[]): string {
  const low = Math.min(...systems.map((system) => system.low));
  const high = Math.max(...systems.map((system) => system.high));
  const span = high - low || 1;
  const x = (value: number): string => (LEFT + 10 + ((value - low) / span) * (WIDTH - LEFT - 20)).toFixed(1);
  const bottom = TOP + systems.length * ROW;
  const lines = systems.map(({ value, low: from, high: to, rank }, s) => {
    const y = TOP + (s + 0.5) * ROW;
    const name = names[s].length > 18 ? `${names[s].slice(0, 17)}…` : names[s];
    return (
      `<text x="${LEFT}" y="${y + 4}" text-anchor="end">${asHtml(name)}</text>` +
      `<line x1="${x(from)}" x2="${x(to)}" y1="${y}" y2="${y}" stroke="#789" stroke-width="2"/>` +
      `<circle cx="${x(value)}" cy="${y}" r="4" fill="${rank === 1 ? '#06c' : '#789'}"><title>${value.toFixed(4)}</title></circle>`
    );
  });
  return `<figure><svg width="${WIDTH}" height="${bottom + 18}" role="img" aria-label="${asHtml(key)}">
${lines.join('\n')}
<line x1="${LEFT + 10}" x2="${WIDTH - 10}" y1="${bottom}" y2="${bottom}" stroke="#ccc"/>
<text x="${LEFT + 10}" y="${bottom + 14}">${low.toFixed(3)}</text>
<text x="${WIDTH - 10}" y="${bottom + 14}" text-anchor="end">${high.toFixed(3)}</text>
</svg><figcaption>${asHtml(key)} (${direction} is better)</figcaption></figure>`;
}
