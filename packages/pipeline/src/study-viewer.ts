import { REGIONS } from '@raca/core/regions';
import { CHEXPERT_14 } from '@raca/metrics';
import type { FindingKind, FindingMark } from './compare-findings';
import { HEAT_STOPS } from './heat-colours';
import { escapeHtml } from './html';

/** A view of a study. */
export interface PictureView {
  /** `Frontal view`, … */
  readonly name: string;
  /** Data URL. */
  readonly src: string;
  readonly width: number;
  readonly height: number;
  /** Whether the patient's right is marked at the left, as is the convention for frontal views. */
  readonly sides: boolean;
}

/** A sentence, the regions it speaks of, and the findings in it. */
export interface SentenceView {
  readonly text: string;
  /** Names. */
  readonly regions: readonly string[];
  readonly marks: readonly FindingMark[];
  /** Whether another sentence of the report says the opposite. */
  readonly contradicted?: boolean;
  /** Geometric mean of the probabilities of its words. */
  readonly word?: number;
  /** Probability that its labels are right; null where nobody knows. */
  readonly right?: number | null;
}

/** A finding and how probable it is. */
export interface FindingProbability {
  readonly finding: string;
  readonly probability: number;
}

/** One study on the page. */
export interface StudyView {
  readonly id: string;
  readonly pictures: readonly PictureView[];
  readonly sentences: readonly SentenceView[];
  /** Null where there is none. */
  readonly reference: readonly Pick<SentenceView, 'text' | 'marks'>[] | null;
  readonly findings: readonly FindingMark[];
  /** What the model's finding head sees, beside what the report says. */
  readonly head?: { readonly findings: readonly FindingProbability[]; readonly calibrated: boolean };
  /** Numbers to sort by, by key of {@link SortKey}. */
  readonly scores: Readonly<Record<string, number>>;
  /** One line each about the text, such as contradictions. */
  readonly notes: readonly string[];
  /** One line each about the images. */
  readonly warnings: readonly string[];
  /** `[r · v · p]`, 0 or 1, and 0..1. */
  readonly masks: ArrayLike<number>;
  readonly probabilities: ArrayLike<number>;
  readonly grid: { readonly rows: number; readonly cols: number };
  /** Names of the regions, `[r]`; the 12 where absent. */
  readonly regions?: readonly string[];
}

/** A score that studies are sorted by. */
export interface SortKey {
  readonly key: string;
  readonly label: string;
  /** Names of the two directions, the lowest score first; `worst first` and `best first` where absent. */
  readonly directions?: readonly [string, string];
}

const SIGNS: Readonly<Record<FindingKind, string>> = { right: '✓', wrong: '✗', missed: '○', said: '•' };
const MEANINGS: Readonly<Record<FindingKind, string>> = {
  right: 'in both reports',
  wrong: 'in the generated report only',
  missed: 'in the reference only',
  said: 'in the report',
};

const CONTRADICTED =
  ' <span class="mark odd" title="another sentence says the opposite">⚠ contradiction</span>';

/** Studies with tools to sort and filter; the first sort key's lowest come first. */
export function studyViewer(studies: readonly StudyView[], sortKeys: readonly SortKey[]): string {
  const compared = studies.some(({ reference }) => reference !== null);
  const kinds: readonly FindingKind[] = compared ? ['right', 'wrong', 'missed'] : ['said'];
  const stops = HEAT_STOPS.map(({ probability, colour, opacity }) => [probability, ...colour, opacity * 255]);
  return [
    studies.length > 1 ? tools(sortKeys, kinds) : '',
    `<p class="hint">Choose a sentence or a region: the colour shows how likely the agent is to pick each patch for it, the line what it
picked. A sentence shows the regions that it speaks of, by a word list. Arrow keys move on, Escape clears the picture.</p>`,
    `<div class="key" hidden><span>probability 0 <canvas></canvas> 1</span>${kinds
      .map((kind) => `<span>${mark({ finding: kind as never, kind }, kind)} ${MEANINGS[kind]}</span>`)
      .join('')}</div>`,
    '<noscript><p>Sorting, filtering and the regions need the script of this page.</p></noscript>',
    `<div id="studies" data-heat="${escapeHtml(JSON.stringify(stops))}">${studies.map((s) => article(s, sortKeys)).join('\n')}</div>`,
  ].join('\n');
}

function tools(sortKeys: readonly SortKey[], kinds: readonly FindingKind[]): string {
  const orders = sortKeys.flatMap(({ key, label, directions = ['worst first', 'best first'] }) =>
    ['up', 'down'].map((way, i) => option(`${key} ${way}`, `${label}: ${directions[i]}`)),
  );
  const select = (id: string, label: string, options: readonly string[]): string =>
    `<label>${label}<select id="${id}">${options.join('')}</select></label>`;
  return `<div class="tools" hidden>${[
    select('sort', 'Order', [...orders, option('', 'as in the data')]),
    '<label>Text<input id="text" type="search" placeholder="words or id"></label>',
    select('finding', 'Finding', [option('', 'any'), ...CHEXPERT_14.map((name) => option(name, name))]),
    kinds.length > 1
      ? select('kind', 'Marked as', [
          option('', 'any'),
          ...kinds.map((kind) => option(kind, `${SIGNS[kind]} ${kind}`)),
        ])
      : '',
    '<output id="count" aria-live="polite"></output>',
  ].join('')}</div>`;
}

const option = (value: string, label: string): string =>
  `<option value="${escapeHtml(value)}">${escapeHtml(label)}</option>`;

function mark({ finding, kind }: FindingMark, text: string = finding): string {
  return `<span class="mark ${kind}" title="${escapeHtml(`${finding}: ${MEANINGS[kind]}`)}">${SIGNS[kind]} ${escapeHtml(text)}</span>`;
}

function article(study: StudyView, sortKeys: readonly SortKey[]): string {
  const { id, pictures, sentences, reference, findings, scores, notes, warnings, masks, grid } = study;
  const { regions: names = REGIONS } = study;
  const patches = grid.rows * grid.cols;
  const data = {
    scores: JSON.stringify(scores),
    findings: JSON.stringify(findings),
    views: `${masks.length / names.length / patches}`,
    patches: `${patches}`,
    columns: `${grid.cols}`,
    masks: base64(masks, 1),
    probabilities: base64(study.probabilities, 255),
  };
  const attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${escapeHtml(value)}"`);
  const numbers = sortKeys
    .map(({ key, label }) => `${escapeHtml(label)} ${scores[key]?.toFixed(3) ?? '–'}`)
    .join(' · ');
  const generated = sentences.map(
    ({ text, regions, marks, contradicted, word, right }) =>
      `<li><button type="button" aria-pressed="false" data-regions="${regions.map((name) => names.indexOf(name)).join(' ')}">` +
      `${escapeHtml(text)} ${marks.map((m) => mark(m)).join(' ')}${contradicted ? CONTRADICTED : ''}${sureness(word, right)}</button></li>`,
  );
  const told = (reference ?? []).map(
    ({ text, marks }) => `<li>${escapeHtml(text)} ${marks.map((m) => mark(m)).join(' ')}</li>`,
  );
  const regionButtons = names.map(
    (name, r) =>
      `<button type="button" aria-pressed="false" data-regions="${r}">${escapeHtml(name)}</button>`,
  );
  return `<article${attributes.join('')}><header><h3>${escapeHtml(id)}</h3><span>${numbers}</span></header>
<div class="body"><div class="text">
<h4>${reference ? 'Generated report' : 'Report'}</h4>
${generated.length ? `<ol class="sentences">${generated.join('\n')}</ol>` : '<p>(empty report)</p>'}
${lines('notes', notes)}
${reference ? `<h4>Reference</h4><ol class="reference">${told.join('\n')}</ol>` : ''}
<h4>Findings</h4><p>${findings.map((m) => mark(m)).join(' ') || 'none'}</p>
${study.head ? headFindings(study.head) : ''}
${lines('notes plain', warnings)}
<h4>Regions</h4><div class="regions" role="group" aria-label="regions" hidden>${regionButtons.join('')}</div>
</div><div class="pictures">${pictures.map(figure).join('')}</div></div></article>`;
}

/** How sure the model is of a sentence: that its labels are right, or of its words. */
function sureness(word?: number, right?: number | null): string {
  if (typeof right === 'number')
    return ` <span class="sure" title="probability that what it affirms and denies is right, calibrated on validation">${percent(right)}</span>`;
  return word === undefined
    ? ''
    : ` <span class="sure" title="geometric mean of the probabilities of its words; says nothing of being right">words ${word.toFixed(2)}</span>`;
}

/** The most probable first. */
function headFindings({ findings, calibrated }: NonNullable<StudyView['head']>): string {
  const order = [...findings].sort((a, b) => b.probability - a.probability);
  const each = order.map(({ finding, probability }) => `${escapeHtml(finding)} ${percent(probability)}`);
  const how = calibrated ? 'calibrated on validation' : 'not calibrated';
  return `<h4>Finding head, probabilities (${how})</h4><p class="sure">${each.join(' · ')}</p>`;
}

const percent = (p: number): string => `${(100 * p).toFixed(0)}\u00a0%`;

const lines = (kind: string, texts: readonly string[]): string =>
  texts.length === 0
    ? ''
    : `<div class="${kind}">${texts.map((text) => `<p>${escapeHtml(text)}</p>`).join('')}</div>`;

/** The sides stand below the picture: many radiographs have letters of their own. */
function figure({ name, src, width, height, sides }: PictureView): string {
  const side = (letter: string, meaning: string): string =>
    sides ? `<b title="${meaning} of the patient">${letter}</b>` : '';
  return (
    `<figure><div class="frame"><img src="${escapeHtml(src)}" width="${width}" height="${height}" ` +
    `alt="${escapeHtml(name)}" loading="lazy" decoding="async"></div>` +
    `<figcaption>${side('R', 'right')}<span>${escapeHtml(name)}</span>${side('L', 'left')}</figcaption></figure>`
  );
}

/** Numbers of 0..1 as bytes 0..`scale`, in base64. */
function base64(values: ArrayLike<number>, scale: number): string {
  let text = '';
  for (let i = 0; i < values.length; i++) text += String.fromCharCode(Math.round(values[i] * scale));
  return btoa(text);
}
