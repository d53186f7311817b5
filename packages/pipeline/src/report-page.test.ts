import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { type ReportPage, reportPage } from './report-page';
import type { StudyView } from './study-viewer';

const EVIL = '<script>"a" & \'b\'</script>';
const SAFE = '&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;';

const grid = { rows: 1, cols: 2 };
const masks = Uint8Array.from({ length: 24 }, (_, k) => (k === 4 ? 1 : 0)); // the heart's first patch
const probabilities = Float32Array.from({ length: 24 }, (_, k) => (k === 4 ? 1 : k === 5 ? 0.2 : 0));
const study: StudyView = {
  id: EVIL,
  pictures: [{ name: EVIL, src: 'data:image/png;base64,AA==', width: 30, height: 40, sides: true }],
  sentences: [
    { text: EVIL, regions: ['Heart', 'Ribs'], marks: [{ finding: 'Cardiomegaly', kind: 'wrong' }] },
    { text: 'Clear.', regions: [], marks: [] },
  ],
  reference: [{ text: EVIL, marks: [{ finding: 'Edema', kind: 'missed' }] }],
  findings: [
    { finding: 'Cardiomegaly', kind: 'wrong' },
    { finding: 'Edema', kind: 'missed' },
  ],
  scores: { f1: 0.25 },
  notes: [EVIL],
  warnings: [EVIL],
  masks,
  probabilities,
  grid,
};
const page: ReportPage = {
  title: EVIL,
  notices: [EVIL],
  facts: { [EVIL]: EVIL },
  tables: [
    {
      title: EVIL,
      columns: [
        { key: 'b', label: EVIL, direction: 'higher' },
        { key: 'n', label: 'texts', direction: '', whole: true },
      ],
      rows: [{ system: EVIL, scores: { b: 0.12345, n: 17 } }],
    },
  ],
  shown: EVIL,
  curves: ['<svg onload="alert(1)"><script>x</script></svg>'],
  studies: [study, { ...study, id: 'b' }],
  sortKeys: [{ key: 'f1', label: EVIL }],
};

it('escapes every text that is put in', async () => {
  const html = await reportPage(page);
  expect(html.match(/<script/g)).toHaveLength(1); // its own
  expect(html).not.toContain('<script>"a"');
  expect(html).not.toContain('onload="');
  // page: title twice, notice, fact and value, table, column, row, shown, two orders; studies: id once, each
  // name twice, sort key, sentence, reference, note, warning
  expect(html.split(SAFE)).toHaveLength(9 + 2 + 1 + 2 * 7 + 1);
});

it('lets in nothing but its own script and style', async () => {
  const html = await reportPage(page);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1];
  const hashOf = (tag: string) => {
    const [, content] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)!;
    return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  };
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    'img-src data:',
    `style-src ${hashOf('style')}`,
    `script-src ${hashOf('script')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect(html).not.toMatch(/ style="/); // the policy would drop it
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
  expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
});

it('carries what its script draws, sorts and filters by', async () => {
  const html = await reportPage(page);
  expect(() => new Function(/<script>([\s\S]*?)<\/script>/.exec(html)![1])).not.toThrow();
  expect(html).toContain('data-regions="2 9"'); // heart and ribs
  expect(html).toContain('data-regions=""');
  const bytesOf = (name: string) => [
    ...Buffer.from(new RegExp(`data-${name}="([^"]*)"`).exec(html)![1], 'base64'),
  ];
  expect(bytesOf('masks')).toEqual([...masks]);
  expect(bytesOf('probabilities').slice(4, 6)).toEqual([255, 51]);
  expect(html).toContain('data-views="1" data-patches="2" data-columns="2"');
  expect(html).toContain('data-scores="{&quot;f1&quot;:0.25}"');
  expect(html).toContain('✗ Cardiomegaly');
  expect(html).toContain('○ Edema');
  expect(html).toContain('width="30" height="40"'); // proportions are kept
  expect(html).toMatch(/<figcaption><b title="right of the patient">R<.*<b title="left of the patient">L</);
  expect(html).toContain('<td>0.123</td><td>17</td>');
});

it('says that it is not for clinical use, above and below', async () => {
  const html = await reportPage(page);
  expect(html.split('Research software. Not for clinical use.')).toHaveLength(3);
});

it('needs no tools for one study, and no table or reference', async () => {
  const html = await reportPage({
    ...page,
    tables: [],
    curves: [],
    studies: [{ ...study, reference: null }],
  });
  expect(html).not.toContain('id="sort"');
  expect(html).not.toContain('<h2>Scores');
  expect(html).not.toContain('<h4>Reference');
  expect(html).not.toContain('<details');
});
