import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Study } from '../../../dataset';
import { decodeImage, encodePng } from '../../decode';
import { openDataset } from '../../read';
import { importIuXray } from '../published-imports';
import { plainDicom } from '../testing/plain-dicom';

const SHARED = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../../../../shared/data');
const REAL = join(SHARED, 'iu_xray');

let dir: string;
let from: string;
let out: string;
let png: Uint8Array;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'raca-iu-'));
  from = join(dir, 'from');
  out = join(dir, 'out');
  mkdirSync(from);
  png = await encodePng({ width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 80, 160, 255, 9, 7) });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const put = (name: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(from, name)), { recursive: true });
  writeFileSync(join(from, name), content);
};

/** A made-up report in the form of Open-i. */
const xml = (n: number, images: string[], parts: Record<string, string>, mesh: string[] = []): string =>
  `<?xml version="1.0" encoding="utf-8"?>
<eCitation><uId id="CXR${n}"/><MedlineCitation><Article><Abstract>
${Object.entries(parts)
  .map(([label, text]) => `<AbstractText Label="${label}">${text}</AbstractText>`)
  .join('\n')}
</Abstract></Article></MedlineCitation>
<MeSH>${mesh.map((code) => `<major>${code}</major>`).join('')}</MeSH>
${images.map((id) => `<parentImage id="${id}"><caption>made up</caption></parentImage>`).join('\n')}
</eCitation>`;

const two = (n: number) => [`CXR${n}_IM-${n}00-1001`, `CXR${n}_IM-${n}00-2001`];
const parts = {
  COMPARISON: 'None.',
  INDICATION: 'Cough',
  FINDINGS: 'Heart &lt; 10 cm. XXXX clear.',
  IMPRESSION: 'Well.',
};

const studies = (): Study[] => {
  const { train, val, test } = openDataset(out).annotation;
  return [...train, ...val, ...test].sort((a, b) => (a.id < b.id ? -1 : 1));
};
const dropped = () => readFileSync(join(out, 'dropped.csv'), 'utf8').trim().split('\n').slice(1);

describe('importIuXray, made-up data', () => {
  /** Nine reports of which four pass; counted by hand. */
  const makeTree = () => {
    put(
      'xml/1.xml',
      xml(1, ['CXR1_1_IM-0001-3001', 'CXR1_1_IM-0001-4001'], parts, ['Cardiomegaly/mild', 'normal']),
    );
    put('xml/2.xml', xml(2, two(2), parts));
    put('xml/3.xml', xml(3, two(3).slice(0, 1), parts)); // one image
    put('xml/4.xml', xml(4, two(4), { ...parts, FINDINGS: '' })); // no findings
    put('xml/5.xml', '<eCitation><uId id="CXR5"/>'); // cut
    put('xml/6.xml', xml(2, two(2), { FINDINGS: 'Other.' })); // the id of 2
    put('xml/7.xml', xml(7, [...two(7), 'CXR7_IM-700-3001'], parts)); // three images, the first is missing
    put('xml/8.xml', xml(8, two(8), { FINDINGS: 'XXXX.' })); // marks only
    put('xml/9.xml', xml(9, two(9), parts)); // an image that is none
    put('xml/10.xml', xml(10, two(10), parts)); // an image that is cut
    put('xml/11.xml', `<!DOCTYPE x [<!ENTITY a "b">]>${xml(11, two(11), parts)}`);
    put('xml/12.xml', xml(12, two(12), parts)); // no image file
    for (const n of [2, 3, 4, 8, 9, 10]) for (const id of two(n)) put(`png/${id}.png`, png);
    put('png/CXR1_1_IM-0001-3001.png', png);
    put('png/1_IM-0001-4001.dcm.png', png); // as Kaggle calls it
    put('png/CXR7_IM-700-2001.png', png);
    put('png/CXR7_IM-700-3001.png', png);
    put(`png/${two(9)[1]}.png`, 'no image');
    put(`png/${two(10)[1]}.png`, png.subarray(0, png.length - 20));
  };

  it('names what is wrong and imports the rest', async () => {
    makeTree();
    const { manifest, reused } = await importIuXray({ from: [from], out });
    expect(reused).toBe(false);
    const counts = manifest.counts!.map(({ filter, studies, images }) => [filter, studies, images]);
    expect(counts.slice(0, 6)).toEqual([
      ['read', 10, 20], // 5 and 11 cannot be read
      ['each id once', 9, 18],
      ['has a report', 7, 14], // without 4 and 8
      ['image files there', 7, 11], // 3: 1 of 1; 7: 2 of 3; 12: 0 of 2
      ['images a study: two', 5, 10], // without 3 and 12
      ['images readable', 3, 6], // without 9 and 10
    ]);
    expect(studies().map(({ id }) => id)).toEqual(['CXR1_1_IM-0001', 'CXR2_IM-200', 'CXR7_IM-700']);
    const [first] = studies();
    expect(first).toEqual({
      id: 'CXR1_1_IM-0001',
      report: 'Heart < 10 cm. XXXX clear.',
      image_path: ['CXR1_1_IM-0001/0.png', 'CXR1_1_IM-0001/1.png'],
      split: first.split,
      image_ids: ['CXR1_1_IM-0001-3001', 'CXR1_1_IM-0001-4001'],
      subject_id: 'CXR1',
      indication: 'Cough',
      comparison: 'None.',
      impression: 'Well.',
      mesh: ['Cardiomegaly/mild', 'normal'],
    });
    expect(studies()[2].image_ids).toEqual(['CXR7_IM-700-2001', 'CXR7_IM-700-3001']);
    expect(readFileSync(join(out, 'images/CXR1_1_IM-0001/1.png'))).toEqual(Buffer.from(png));
    const lines = dropped();
    expect(lines).toHaveLength(2 + 1 + 2 + 3 + 2 + 2 + 2);
    expect(lines[0]).toMatch(/^xml\/5\.xml,read,"?unreadable report: expected XML, found: /);
    expect(lines[1]).toMatch(/^xml\/11\.xml,read,.*document type/);
    expect(lines[2]).toBe('CXR2_IM-200,each id once,"id used twice: xml/6.xml, first in xml/2.xml"');
    expect(lines).toContain('CXR4_IM-400,has a report,"no findings, an impression only"');
    expect(lines).toContain('CXR8_IM-800,has a report,only de-identification marks');
    expect(lines).toContain('CXR7_IM-700-1001,image files there,image file missing');
    expect(lines).toContain('CXR3_IM-300,images a study: two,one image only');
    expect(lines).toContain('CXR12_IM-1200,images a study: two,no image');
    expect(lines.filter((line) => /unreadable image/.test(line))).toHaveLength(2);
    expect(manifest).toMatchObject({
      access: 'open',
      cleaning: 'iu_xray',
      imageFiles: { mode: 'copy', files: 10 },
    });
    expect(Object.keys(manifest.inputs!)).toEqual(['reports (12 files)']);
    expect(readdirSync(dir).sort()).toEqual(['from', 'out']);
    const images = readdirSync(join(out, 'images'), { recursive: true }).filter((name) =>
      /png$/.test(String(name)),
    );
    expect(images).toHaveLength(6); // none of the studies that were dropped
  });

  it('takes other sections, drops marks, keeps orders and seeds', async () => {
    makeTree();
    await importIuXray({
      from: [from],
      out,
      section: 'both',
      marks: 'drop',
      perStudy: 'all',
      images: 'none',
    });
    const all = JSON.parse(readFileSync(join(out, 'annotation.json'), 'utf8'));
    const list: Study[] = [...all.train, ...all.val, ...all.test];
    const report = (id: string) => list.find((study) => study.id === id)?.report;
    expect(report('CXR1_1_IM-0001')).toBe('Heart < 10 cm. clear. Well.');
    expect(report('CXR4_IM-400')).toBe('Well.');
    expect(list).toHaveLength(8); // 1 2 3 4 7 9 10 12
    const splitOf = () => Object.fromEntries(studies().map(({ id, split }) => [id, split]));
    rmSync(out, { recursive: true });
    await importIuXray({ from: [from], out, shares: [1, 1, 1], seed: 3 });
    const first = splitOf();
    expect(Object.values(first).sort()).toEqual(['test', 'train', 'val']);
    await importIuXray({ from: [from], out, shares: [1, 1, 1], seed: 3 });
    expect(splitOf()).toEqual(first);
  });

  it('uses a finished import again, refuses other files, replaces when told', async () => {
    makeTree();
    await importIuXray({ from: [from], out });
    expect((await importIuXray({ from: [from], out })).reused).toBe(true);
    await expect(importIuXray({ from: [from], out, marks: 'drop' })).rejects.toThrow(
      /out: expected .*other options/,
    );
    const again = await importIuXray({ from: [from], out, marks: 'drop', overwrite: true });
    expect(again.reused).toBe(false);
    expect(studies()[0].report).toBe('Heart < 10 cm. clear.');
    await expect(importIuXray({ from: [from], out: from })).rejects.toThrow(/expected .*found other files/);
  });

  it('goes on after a break', async () => {
    makeTree();
    const stop = new AbortController();
    const onProgress = (done: number) => done === 2 && stop.abort();
    await expect(importIuXray({ from: [from], out, onProgress, signal: stop.signal })).rejects.toThrow(
      /abort/i,
    );
    expect(existsSync(out)).toBe(false);
    const stage = join(dir, '.out.import');
    const left = readdirSync(join(stage, 'images'), { recursive: true }).filter((name) =>
      /png$/.test(String(name)),
    );
    expect(left.length).toBeGreaterThanOrEqual(2);
    writeFileSync(join(stage, '.lock'), '999999999'); // a process that was killed
    await importIuXray({ from: [from], out });
    expect(studies()).toHaveLength(3);
    expect(readdirSync(out).sort()).toEqual(['annotation.json', 'dropped.csv', 'images', 'manifest.json']);
  });

  it('links', async () => {
    makeTree();
    await importIuXray({ from: [from], out, images: 'link' });
    expect(readFileSync(join(out, 'images/CXR2_IM-200/0.png'))).toEqual(Buffer.from(png));
    expect(studies()).toHaveLength(3);
  });

  it('reads a tgz of reports and a zip of images, and tells of a cut archive', async () => {
    const tar = pack();
    tar.entry({ name: 'ecgen-radiology/2.xml' }, xml(2, two(2), parts));
    tar.entry({ name: 'ecgen-radiology/3.xml' }, xml(3, two(3), parts));
    tar.finalize();
    const tgz = gzipSync(await buffer(tar));
    put('reports.tgz', tgz);
    put(
      'images.zip',
      zipSync(Object.fromEntries([...two(2), ...two(3)].map((id) => [`png/${id}.png`, png]))),
    );
    const { manifest } = await importIuXray({
      from: [join(from, 'reports.tgz'), join(from, 'images.zip')],
      out,
    });
    expect(studies().map(({ id }) => id)).toEqual(['CXR2_IM-200', 'CXR3_IM-300']);
    expect(Object.keys(manifest.inputs!)).toEqual(['reports.tgz']);
    put('reports.tgz', tgz.subarray(0, tgz.length - 60));
    await expect(importIuXray({ from: [from], out: `${out}2` })).rejects.toThrow(
      /reports\.tgz: expected a whole archive, found: /,
    );
  });

  it('tells of a zip whose end states fewer entries than it has', async () => {
    const zip = Buffer.from(
      zipSync({ '2.xml': Buffer.from(xml(2, two(2), parts)), '3.xml': Buffer.from(xml(3, two(3), parts)) }),
    );
    zip.writeUInt16LE(1, zip.length - 22 + 8); // entries on this disk
    zip.writeUInt16LE(1, zip.length - 22 + 10); // entries in all
    put('reports.zip', zip);
    await expect(importIuXray({ from: [from], out, images: 'none' })).rejects.toThrow(
      /reports\.zip: expected a zip of 1 entries as its end says, found more: unpack it/,
    );
    expect(existsSync(out)).toBe(false);
  });

  it('turns DICOM into PNG without a word about the patient, from folders and archives', async () => {
    const pixels = Uint8Array.from({ length: 70 * 80 }, (_, i) => (i * 51) % 256);
    const dicom = plainDicom(70, 80, pixels);
    put('2.xml', xml(2, two(2), parts));
    put('3.xml', xml(3, two(3), parts));
    put('2/2_IM-200-1001.dcm', dicom);
    put('2/2_IM-200-2001.dcm', plainDicom(70, 80, pixels, { burnedIn: true }));
    put('dcm.zip', zipSync({ '3/3_IM-300-1001.dcm': dicom, '3/3_IM-300-2001.dcm': dicom.subarray(0, 900) }));
    const { manifest } = await importIuXray({ from: [from], out, perStudy: 'all' });
    expect(manifest.imageFiles?.warnings).toEqual([
      {
        warning: 'burned-in annotation: the picture itself may name the patient',
        first: 'CXR2_IM-200/1.png',
        images: 1,
      },
    ]);
    expect(studies().map(({ image_path }) => image_path)).toEqual([
      ['CXR2_IM-200/0.png', 'CXR2_IM-200/1.png'],
      ['CXR3_IM-300/0.png'],
    ]);
    for (const path of ['CXR2_IM-200/0.png', 'CXR3_IM-300/0.png']) {
      const file = join(out, 'images', path);
      const image = await decodeImage(file);
      expect([image.width, image.height, image.channels]).toEqual([80, 70, 1]);
      expect(image.data).toEqual(pixels);
      expect(readFileSync(file).includes('MADE')).toBe(false);
    }
    expect(dropped().join()).toMatch(
      /CXR3_IM-300-2001,images readable,.*3_IM-300-2001\.dcm: expected a readable/,
    );
    expect(readdirSync(join(out, 'images'), { recursive: true })).toHaveLength(2 + 3);
  });

  it('reads the CSV pair', async () => {
    put(
      'indiana_reports.csv',
      'uid,MeSH,Problems,image,indication,comparison,findings,impression\n' +
        '4,Cardiomegaly/mild;Lung/hypoinflation,x,x,"Cough, fever",,"Big\nheart.",Big heart.\n' +
        '5,normal,normal,x,,,,Well.\nfive,,,,,,x,\n',
    );
    put(
      'indiana_projections.csv',
      'uid,filename,projection\n4,4_IM-2050-1001.dcm.png,Lateral\n4,4_IM-2050-2001.dcm.png,Frontal\n5,5_IM-2117-1001.dcm.png,Frontal\n',
    );
    for (const name of ['4_IM-2050-1001', '4_IM-2050-2001', '5_IM-2117-1001'])
      put(`images/images_normalized/${name}.dcm.png`, png);
    await importIuXray({ from: [from], out, perStudy: 'pair' });
    expect(studies()).toEqual([
      {
        id: 'CXR4_IM-2050',
        report: 'Big\nheart.',
        image_path: ['CXR4_IM-2050/0.png', 'CXR4_IM-2050/1.png'],
        split: 'train',
        views: ['Frontal', 'Lateral'],
        image_ids: ['CXR4_IM-2050-2001', 'CXR4_IM-2050-1001'],
        subject_id: 'CXR4',
        indication: 'Cough, fever',
        impression: 'Big heart.',
        mesh: ['Cardiomegaly/mild', 'Lung/hypoinflation'],
      },
    ]);
    await importIuXray({
      from: [from],
      out: `${out}1`,
      perStudy: 'one',
      section: 'impression',
      views: ['frontal'],
    });
    expect(openDataset(`${out}1`).annotation).toMatchObject({ train: [{}], val: [{}] });
  });

  it('takes no id that would leave its folder', async () => {
    const study = (id: string, folder = 'a') => ({
      id,
      report: 'Clear.',
      image_path: [`${folder}/0.png`, `${folder}/1.png`],
      split: 'train',
    });
    const ids = ['..', '.', '../up', '/root', 'a/b', 'good'];
    put(
      'annotation.json',
      JSON.stringify({
        train: [...ids.map((id) => study(id)), study('away', '../../away')],
        val: [],
        test: [],
      }),
    );
    for (const n of [0, 1]) {
      put(`images/a/${n}.png`, png);
      put(`away/${n}.png`, png);
    }
    await importIuXray({ from: [from], out, form: 'r2gen' });
    expect(openDataset(out).annotation.train.map(({ id }) => id)).toEqual(['good']);
    expect(readdirSync(join(out, 'images'))).toEqual(['a']);
    expect(readdirSync(dir).sort()).toEqual(['from', 'out']);
  });

  it("reads R2Gen's archive", async () => {
    const study = (id: string, split: string, report: string) => ({
      id,
      report,
      image_path: [`${id}/0.png`, `${id}/1.png`],
      split,
    });
    const annotation = {
      train: [study('CXR2_IM-200', 'train', 'Clear. '), study('CXR3_IM-300', 'train', 'Well.')],
      val: [study('CXR4_IM-400', 'val', 'Large.'), { id: 'CXR6', report: 5, image_path: [] }],
      test: [study('CXR5_IM-500', 'test', 'Small.')],
    };
    const files = Object.fromEntries(
      ['CXR2_IM-200', 'CXR4_IM-400', 'CXR5_IM-500'].flatMap((id) =>
        [0, 1].map((n) => [`iu_xray/images/${id}/${n}.png`, png]),
      ),
    );
    put(
      'iu_xray.zip',
      zipSync({ 'iu_xray/annotation.json': Buffer.from(JSON.stringify(annotation)), ...files }),
    );
    const { manifest } = await importIuXray({ from: [join(from, 'iu_xray.zip')], out });
    const { train, val, test } = openDataset(out).annotation;
    expect([train, val, test].map((list) => list.map(({ report }) => report))).toEqual([
      ['Clear. '],
      ['Large.'],
      ['Small.'],
    ]);
    expect(dropped().at(-1)).toBe('CXR3_IM-300,images a study: all,no image');
    expect(dropped()[0]).toMatch(/^val\[1\],read,"?unreadable entry: report: expected string, found 5/);
    expect(manifest.published[0].difference).toEqual({ train: -2068, val: -295, test: -589 });
  });

  it('follows a split file', async () => {
    makeTree();
    const study = (id: string, split: string, report: string) => ({
      id,
      report,
      image_path: [`${id}/0.png`],
      split,
    });
    const split = join(dir, 'annotation.json');
    const annotation = {
      train: [
        study('CXR7_IM-0700', 'train', 'Heart < 10 cm. XXXX clear.'),
        study('CXR4_IM-400', 'train', 'x'),
      ],
      val: [study('CXR1_1_IM-0001', 'val', '    ')],
      test: [study('CXR99_IM-1', 'test', 'x')],
    };
    writeFileSync(split, JSON.stringify(annotation));
    const { manifest } = await importIuXray({ from: [from], out, split });
    const { train, val, test } = openDataset(out).annotation;
    expect([train, val, test].map((list) => list.map(({ id }) => id))).toEqual([
      ['CXR7_IM-0700'],
      ['CXR1_1_IM-0001'],
      [],
    ]);
    expect(manifest.agreement).toEqual({
      expected: 4,
      imported: 2,
      sameText: 1,
      otherText: ['CXR1_1_IM-0001'],
      missing: [
        {
          reason: 'has a report: no findings, an impression only',
          counts: { train: 1, val: 0, test: 0 },
          ids: ['CXR4_IM-400'],
        },
        { reason: 'no report in the source', counts: { train: 0, val: 0, test: 1 }, ids: ['CXR99_IM-1'] },
      ],
    });
  });

  it('tells of folders without data, and of two forms', async () => {
    await expect(importIuXray({ from: [from], out })).rejects.toThrow(
      'expected Open-i XML reports, indiana_reports.csv, annotation.json, found none',
    );
    await expect(importIuXray({ from: [join(dir, 'no')], out })).rejects.toThrow(
      'expected a folder or an archive, found nothing',
    );
    makeTree();
    put('annotation.json', '{"train": [], "val": [], "test": []}');
    await expect(importIuXray({ from: [from], out })).rejects.toThrow(
      'found openi and r2gen: name one (--form)',
    );
    await expect(importIuXray({ from: [from], out, form: 'kaggle' })).rejects.toThrow(
      'expected indiana_reports.csv, found none',
    );
    await expect(importIuXray({ from: [from], out, form: 'r2gen' })).rejects.toThrow(
      'found none that pass the filters',
    );
    expect(existsSync(out)).toBe(false);
  });
});

describe.skipIf(!existsSync(REAL))(
  'importIuXray, real reports (skipped without ../shared/data/iu_xray)',
  () => {
    it("reproduces R2Gen's texts word for word", async () => {
      const split = join(REAL, 'annotation.json');
      const { manifest } = await importIuXray({
        from: [join(REAL, 'open_i_reports_xml.tgz')],
        split,
        images: 'none',
        out,
      });
      expect(manifest.agreement).toMatchObject({
        expected: 2955,
        imported: 2855,
        sameText: 2855,
        otherText: [],
      });
      expect(manifest.agreement!.missing).toMatchObject([
        { reason: 'no report in the source', counts: { train: 0, val: 0, test: 100 } },
      ]);
      const mine = JSON.parse(readFileSync(join(out, 'annotation.json'), 'utf8'));
      const theirs = JSON.parse(readFileSync(split, 'utf8'));
      const essence = ({ id, report, image_path }: Study) => ({ id, report, image_path });
      for (const name of ['train', 'val'] as const)
        expect(mine[name].map(essence), name).toEqual(theirs[name].map(essence));
      const there = new Set(mine.test.map(({ id }: Study) => id));
      expect(mine.test.map(essence)).toEqual(
        theirs.test.filter(({ id }: Study) => there.has(id)).map(essence),
      );
      expect(there.size).toBe(490);
    });

    it('finds by its own filters the studies that R2Gen has', async () => {
      const { manifest } = await importIuXray({
        from: [join(REAL, 'open_i_reports_xml.tgz')],
        images: 'none',
        out,
      });
      const count = (name: string) => manifest.counts!.find(({ filter }) => filter === name)?.studies;
      expect([count('read'), count('has a report'), count('images a study: two')]).toEqual([
        3559, 3186, 2855,
      ]);
      const mine = JSON.parse(readFileSync(join(out, 'annotation.json'), 'utf8'));
      const theirs = JSON.parse(readFileSync(join(REAL, 'annotation.json'), 'utf8'));
      const ids = new Set([...theirs.train, ...theirs.val, ...theirs.test].map(({ id }: Study) => id));
      expect([...mine.train, ...mine.val, ...mine.test].filter(({ id }: Study) => !ids.has(id))).toEqual([]);
    });

    it('finds the images that are there', async () => {
      const from = [
        join(REAL, 'open_i_reports_xml.tgz'),
        join(REAL, 'images'),
        join(SHARED, 'iu_xray_more/images'),
      ];
      const { manifest } = await importIuXray({ from, out, perStudy: 'all' });
      expect(manifest.counts!.find(({ filter }) => filter === 'image files there')?.images).toBe(7);
      expect(studies()).toHaveLength(6);
    });
  },
);
