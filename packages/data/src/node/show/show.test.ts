import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Annotation, Study } from '../../dataset';
import { encodePng } from '../decode';
import { writeDataset } from '../write';
import { showDataset } from './show';
import { summarise } from './summary';

const study = (id: string, split: Study['split'], report: string, extra: object = {}): Study => ({
  id,
  report,
  image_path: [`${id}/0.png`],
  split,
  ...extra,
});

/** Seven studies; every number below is counted by hand. */
const annotation: Annotation = {
  train: [
    study('a', 'train', 'Heart normal. Lungs clear.', { subject_id: 1, views: ['PA'] }),
    study('b', 'train', 'Heart normal.', { subject_id: 2, views: ['AP'] }),
    study('c', 'train', 'Heart large.', {
      subject_id: 2,
      image_path: ['c/0.png', 'c/1.png'],
      views: ['PA', null],
    }),
    study('d', 'train', 'Heart normal!', { subject_id: 3 }),
  ],
  val: [study('e', 'val', 'HEART normal.', { subject_id: 3, views: ['PA'] })],
  test: [
    study('f', 'test', 'Small effusion.', { subject_id: 4, image_path: ['a/0.png'] }),
    study('g', 'test', 'Heart <b>large</b> & "odd".', { subject_id: 5 }),
  ],
};

describe('summarise', () => {
  const label = (report: string) => ({
    Large: /large/.test(report) ? 1 : /normal/i.test(report) ? 0 : undefined,
  });
  const summary = summarise(annotation, { threshold: 2, label });

  it('counts', () => {
    expect(summary.studies).toEqual({ train: 4, val: 1, test: 2 });
    expect(summary.images).toEqual({ train: 5, val: 1, test: 2 });
    expect(summary.patients).toEqual({ train: 3, val: 1, test: 2 });
    expect(summary.imagesPerStudy).toEqual([
      [1, 6],
      [2, 1],
    ]);
    expect(summary.views).toEqual([
      ['unknown', { train: 2, val: 0, test: 2 }],
      ['PA', { train: 2, val: 1, test: 0 }],
      ['AP', { train: 1, val: 0, test: 0 }],
    ]);
    expect(summary.labels).toEqual([
      [
        'Large',
        {
          train: { positive: 1, uncertain: 0, negative: 3 },
          val: { positive: 0, uncertain: 0, negative: 1 },
          test: { positive: 1, uncertain: 0, negative: 0 },
        },
      ],
    ]);
  });

  it('measures texts and words', () => {
    // cleaned: "heart normal . lungs clear ." has 6 words, the others 3; training words seen twice: . heart normal
    expect(summary.lengths.mean.train).toBeCloseTo((6 + 3 + 3 + 3) / 4);
    expect(summary.lengths.bins.train.reduce((sum, n) => sum + n, 0)).toBe(4);
    expect(summary.vocabulary).toMatchObject({ threshold: 2, size: 4, distinct: 6 });
    expect(summary.vocabulary.unknown.train).toBeCloseTo(3 / 15); // lungs, clear, large
    expect(summary.vocabulary.unknown.val).toBe(0);
    expect(summary.texts.distinct).toEqual({ train: 3, val: 1, test: 2 });
    expect(summary.texts.alsoInTrain).toEqual({ train: 0, val: 1, test: 0 });
    expect(summary.texts.frequent).toEqual([['heart normal .', 3]]);
  });

  it('finds what stands in two splits', () => {
    expect(summary.leaks).toEqual({ patients: ['3'], images: ['a/0.png'] });
  });

  it('takes an empty data set', () => {
    const empty = summarise({ train: [], val: [], test: [] });
    expect(empty.lengths.mean).toEqual({ train: 0, val: 0, test: 0 });
    expect(empty.vocabulary.unknown.train).toBe(0);
  });
});

describe('showDataset', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'raca-show-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('makes a page of its own with escaped text, and names images that are wrong', async () => {
    const put = async (id: string, content?: string) => {
      mkdirSync(join(dir, 'images', id), { recursive: true });
      const data = Uint8Array.from({ length: 96 * 80 }, (_, i) => (i * 37) % 256);
      const png = await encodePng({ width: 96, height: 80, channels: 1, data });
      writeFileSync(join(dir, 'images', id, '0.png'), content ?? png);
    };
    for (const id of 'abcde') await put(id);
    await put('g', 'no image');
    const manifest = { source: 'made <up>', licence: 'none', access: 'credentialed' as const };
    writeDataset(dir, annotation, manifest);
    const { html, survey } = await showDataset(dir, { samples: 7, label: () => ({ Edema: 1 }) });
    expect(survey.looked).toBe(7); // 8 places, one image twice
    expect(survey.missing).toBe(1); // c/1.png
    expect(survey.odd).toHaveLength(1);
    expect(survey.odd[0].path).toBe('g/0.png');
    expect(survey.sizes).toEqual([['96 x 80', 5]]);
    expect(html).toContain('Heart &lt;b&gt;large&lt;/b&gt; &amp; &quot;odd&quot;.');
    expect(html).toContain('made &lt;up&gt;');
    expect(html).not.toMatch(/<b>|<script|(src|href)="(?!data:)/);
    expect(html).toContain('must not leave your machine');
    expect(html).toContain('Not for clinical use');
    expect(html.match(/<article>/g)).toHaveLength(7);
    expect(html.match(/<img src="data:image\/png;base64,/g)).toHaveLength(6);
    const body = html
      .slice(html.indexOf('<h1>'), html.indexOf('</html>'))
      .replace(/<img ([^>]*)>/g, '<img $1/>');
    expect(XMLValidator.validate(`<div>${body}</div>`)).toBe(true);
    expect((await showDataset(dir, { samples: 7, label: () => ({ Edema: 1 }) })).html).toBe(html);
  });
});
