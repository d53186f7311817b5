import {
  CHEXPERT_14,
  type LabelValue,
  labelReport,
  type ReportPair,
  referencesOf,
  type ScoreReport,
} from '@raca/metrics';
import { asHtml, htmlPage } from './html-page';
import { visible } from './visible-line';

const SHOWN = 50;

/** A page of its own with the worst reports: clinical F1 of the report first, then ROUGE-L, or what there is. */
export function worstReportsPage(pairs: readonly ReportPair[], system: ScoreReport): string {
  const keys = sortKeys(system);
  const order = [...pairs.keys()].sort((a, b) => {
    for (const key of keys) {
      const sign = system.directions[key] === 'lower' ? -1 : 1;
      const by = sign * (system.perReport[a].scores[key] - system.perReport[b].scores[key]);
      if (by !== 0) return by;
    }
    return a - b;
  });
  const shown = order.slice(0, SHOWN);
  const { facts, protocol } = system;
  return htmlPage(
    `Worst ${shown.length} of ${facts.count} reports`,
    STYLE,
    `<p>Protocol ${asHtml(protocol)}; sorted by ${keys.map(asHtml).join(', then ')}. Labels by rules.</p>
${shown.map((i) => article(pairs[i], system.perReport[i].scores, keys)).join('\n')}`,
  );
}

const STYLE = `article { border-top: 1px solid #ccc; padding: 1rem 0 }
h2 { font-size: 1rem; margin: 0 }
.texts { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem }
h3 { font-size: .85rem; margin: .5rem 0 0; color: #555 }
@media (max-width: 40rem) { .texts { grid-template-columns: 1fr } }`;

/** Per-report scores to sort by. */
function sortKeys({ perReport }: ScoreReport): string[] {
  const there = Object.keys(perReport[0].scores);
  const wanted = ['clinical/example/f1/14', 'ROUGE_L'].filter((key) => there.includes(key));
  return wanted.length > 0 ? wanted : there.slice(0, 1);
}

function article(
  pair: ReportPair,
  scores: Readonly<Record<string, number>>,
  keys: readonly string[],
): string {
  const values = keys.map((key) => `${asHtml(key)} ${scores[key].toFixed(3)}`).join(' · ');
  return `<article>
<h2>${asHtml(visible(pair.id))}</h2>
<p>${values}</p>
<div class="texts">
<div><h3>Reference</h3>${referencesOf(pair)
    .map((text) => `<p>${asHtml(text)}</p>`)
    .join('')}</div>
<div><h3>Generated</h3><p>${asHtml(pair.hypothesis)}</p></div>
</div>
${differences(pair)}
</article>`;
}

/** The classes whose labels differ, in words. */
function differences({ reference, hypothesis }: ReportPair): string {
  const truth = labelReport(reference);
  const said = labelReport(hypothesis);
  const rows = CHEXPERT_14.filter((name) => truth[name] !== said[name]).map(
    (name) => `<tr><td>${name}</td><td>${word(truth[name])}</td><td>${word(said[name])}</td></tr>`,
  );
  if (rows.length === 0) return '<p>Same labels.</p>';
  return `<table><tr><th>class</th><th>reference</th><th>generated</th></tr>${rows.join('')}</table>`;
}

const word = (value: LabelValue | undefined): string =>
  value === undefined ? 'not mentioned' : { '1': 'present', '0': 'absent', '-1': 'uncertain' }[`${value}`];
