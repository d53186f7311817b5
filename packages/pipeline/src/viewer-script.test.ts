import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportPage } from './report-page';
import type { StudyView } from './study-viewer';

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
const dir = mkdtempSync(join(tmpdir(), 'raca-viewer-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const study = (id: string, score: number, finding: 'Edema' | 'Fracture'): StudyView => ({
  id,
  pictures: [{ name: 'Frontal view', src: pixel, width: 1, height: 1, sides: true }],
  sentences: [
    { text: `Sentence ${id}.`, regions: ['Heart', 'Lung fields'], marks: [] },
    { text: 'Clear.', regions: [], marks: [] },
  ],
  reference: [],
  findings: [{ finding, kind: id === 'a' ? 'missed' : 'right' }],
  scores: { f1: score },
  notes: [],
  warnings: [],
  // one view of 2 x 2 patches: lungs 0 and 1, heart 1 and 3
  masks: Uint8Array.from({ length: 48 }, (_, k) => ([0, 1, 9, 11].includes(k) ? 1 : 0)),
  probabilities: Float32Array.from({ length: 48 }, (_, k) => ([0, 1, 9, 11].includes(k) ? 1 : 0.1)),
  grid: { rows: 2, cols: 2 },
});

/** The page after its script and then `script` have run; that one's values are in `#seen`. */
function dom(html: string, script?: string): string {
  const path = join(dir, 'page.html');
  // what looks on may pass the policy here, so that it can look
  const open = html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
  const looking = `<script>const seen = (() => { ${script} })();
    document.body.innerHTML = '<pre id="seen">' + JSON.stringify(seen) + '</pre>';</script></body>`;
  writeFileSync(path, script === undefined ? html : open.replace('</body>', looking));
  return execFileSync(
    CHROMIUM!,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--user-data-dir=${dir}/profile`,
      '--dump-dom',
      `file://${path}`,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
}

describe.skipIf(!CHROMIUM)(`in a browser (${CHROMIUM ?? 'needs Chromium'})`, () => {
  let html: string;
  const seen = (script: string) => JSON.parse(/id="seen">(.*?)<\/pre>/.exec(dom(html, script))![1]);
  beforeAll(async () => {
    html = await reportPage({
      title: 't',
      notices: [],
      facts: {},
      tables: [],
      studies: [study('a', 0.5, 'Edema'), study('b', 0.1, 'Fracture'), study('c', 0.9, 'Edema')],
      sortKeys: [{ key: 'f1', label: 'F1' }],
    });
  });

  it('runs under the policy of the page, and puts the worst first', () => {
    const page = dom(html);
    expect(page).toContain('3 of 3 studies');
    expect(page).toMatch(/<div class="tools">/); // shown
    expect([...page.matchAll(/<h3>(.)<\/h3>/g)].map(([, id]) => id)).toEqual(['b', 'a', 'c']);
  }, 60_000);

  it('sorts, filters and shows one sentence or region at a time', () => {
    const steps = `
      const set = (id, value, event) => {
        const input = document.getElementById(id);
        input.value = value;
        input.dispatchEvent(new Event(event));
        return [...document.querySelectorAll('article:not([hidden]) h3')].map((h) => h.textContent).join('');
      };
      const study = document.querySelector('article');
      const [first, second] = study.querySelectorAll('button[data-regions]');
      const outline = () => [...study.querySelectorAll('path:not(.under)')].map((path) => path.getAttribute('d'));
      const opacities = () => {
        const canvas = study.querySelector('.frame canvas');
        return canvas && [...canvas.getContext('2d').getImageData(0, 0, 2, 2).data].filter((_, i) => i % 4 === 3);
      };
      const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      const out = {
        best: set('sort', 'f1 down', 'change'), data: set('sort', '', 'change'),
        text: set('text', 'SENTENCE  c.', 'input'), region: set('text', 'heart', 'input'), all: set('text', '', 'input'),
        edema: set('finding', 'Edema', 'input'), right: set('kind', 'right', 'input'),
        any: set('finding', '', 'input'), again: set('kind', '', 'input'),
      };
      first.focus(); first.click();
      out.outline = outline(); out.opacities = opacities(); out.pressed = first.getAttribute('aria-pressed');
      press('ArrowDown');
      out.moved = [document.activeElement === second, first.getAttribute('aria-pressed'), outline().length];
      study.querySelectorAll('.regions button')[2].click();
      out.heart = outline();
      press('Escape');
      out.cleared = outline().length;
      return out;`;
    expect(seen(steps)).toEqual({
      best: 'cab',
      data: 'abc',
      text: 'c',
      region: '', // its buttons are no text
      all: 'abc',
      edema: 'ac',
      right: 'c',
      any: 'bc',
      again: 'abc',
      // patches 0, 1 and 3 of 2 x 2, each with its sides where no chosen neighbour is
      outline: ['M0 0h1M0 1h1M0 0v1M1 0h1M2 0v1M1 2h1M1 1v1M2 1v1'],
      opacities: [133, 133, expect.any(Number), 133], // 0.52 of 255
      pressed: 'true',
      moved: [true, 'false', 0], // a sentence without regions
      heart: ['M1 0h1M1 0v1M2 0v1M1 2h1M1 1v1M2 1v1'],
      cleared: 0,
    });
  }, 60_000);
});
