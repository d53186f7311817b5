import { expect, it } from 'vitest';
import { type ReportPage, reportPage } from './report-page';

const EVIL = '<script>"a" & \'b\'</script>';
const SAFE = '&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;';

const grid = { rows: 1, cols: 2 };
const masks = Array.from({ length: 12 }, (_, r) => [[r === 2 ? 1 : 0, 0]]);
const page: ReportPage = {
  title: EVIL,
  notice: EVIL,
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
  curves: [],
  studies: [
    {
      id: EVIL,
      images: ['data:image/png;base64,AA=='],
      reference: EVIL,
      sentences: [{ text: EVIL, regions: ['Heart'] }],
      masks,
      grid,
    },
  ],
};

it('escapes every text that is put in', () => {
  const html = reportPage(page);
  expect(html).not.toContain('<script');
  // title twice; notice; fact and value; table, column, row; study, reference, sentence
  expect(html.split(SAFE)).toHaveLength(11 + 1);
});

it('draws the patches of the sentence’s regions and shows numbers', () => {
  const html = reportPage(page);
  expect(html.match(/<rect/g)).toHaveLength(1);
  expect(html).toContain('<rect x="0" y="0" width="1" height="1"');
  expect(html).toContain('<td>0.123</td><td>17</td>');
  expect(html).toContain('Not for clinical use');
});

it('needs nothing from outside', () => {
  expect(reportPage(page)).not.toMatch(/(src|href)="(?!data:)/);
});
