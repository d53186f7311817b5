import { describe, expect, it } from 'vitest';
import { configForData, type DataToFit } from './config-for-data';
import { smallConfig } from './presets';

/** A study with one or two views and a report of so many words and as many different ones as asked. */
const study = (i: number, report: string, views = 2) => ({
  ...{ id: `${i}`, report, split: 'train' as const },
  image_path: Array.from({ length: views }, (_, v) => `${i}/${v}.png`),
});
const data = (reports: readonly string[], more: Partial<DataToFit> & { views?: number } = {}): DataToFit => ({
  annotation: { train: reports.map((report, i) => study(i, report, more.views)) },
  ...('manifest' in more && { manifest: more.manifest }),
});
const repeated = (report: string, n: number): string[] => new Array<string>(n).fill(report);
const NORMAL = 'The lungs are clear.'; // 5 tokens with the mark, 7 with begin and end
const chosen = (...args: Parameters<typeof configForData>) => configForData(...args).config;

describe('configForData', () => {
  it('leaves the phantom its preset', () => {
    const manifest = { source: 'phantom' };
    const { config, reasons } = configForData(data(repeated(NORMAL, 30), { manifest }));
    expect(config).toEqual(smallConfig());
    expect(reasons).toEqual(['small, made for the phantom']);
  });

  it('takes drawn images with real reports for real reports', () => {
    const manifest = { source: 'phantom: images drawn for real reports' };
    const { config, reasons } = configForData(data(repeated(NORMAL, 30), { manifest }));
    expect(config.training.selection).toBe('findingsAndBleu4');
    expect(config.training.generation.unknown).toBe(false);
    expect(reasons.join('\n')).toMatch(
      /30 training studies.*2 views per study.*20 tokens \(100 % of the reports fit\)/,
    );
  });

  it('writes as many tokens as nine reports of ten need', () => {
    const words = (n: number) => `${'clear '.repeat(n - 1)}.`; // n tokens with the mark
    // 9 of 10 have at most 40 + 2 tokens; up to tens that is 50
    expect(chosen(data([...repeated(words(40), 9), words(90)])).model.maxLength).toBe(50);
    expect(chosen(data([...repeated(words(40), 8), words(90), words(90)])).model.maxLength).toBe(100);
    expect(chosen(data([words(500)])).model.maxLength).toBe(100);
    expect(chosen(data([words(3)])).model.maxLength).toBe(20);
  });

  it('leaves out rare words only where they are few', () => {
    const once = (n: number) => `rare${n} clear.`; // one word of three (with the mark) that no other report has
    const threshold = (few: number, normal: number) =>
      chosen(data([...Array.from({ length: few }, (_, i) => once(i)), ...repeated(NORMAL, normal)])).training
        .wordThreshold;
    expect(threshold(20, 1000)).toBe(10); // 20 of 5,060 words
    expect(threshold(20, 2)).toBe(1); // 20 of 70
  });

  it('weighs findings by their share of the text, four times at most', () => {
    const effusion = 'Small left pleural effusion.';
    const weight = (normal: number, found: number) =>
      chosen(data([...repeated(NORMAL, normal), ...repeated(effusion, found)])).training.findingWeight;
    expect(weight(90, 10)).toBe(4);
    expect(weight(10, 5)).toBe(2); // 40 words to 20
    expect(weight(1, 9)).toBe(1);
    expect(weight(10, 0)).toBe(1); // nothing to weigh
  });

  it('has smaller batches, dropout and more epochs for fewer studies, and a schedule for the epochs asked for', () => {
    const [few, some, many] = [48, 2000, 20_000].map((n) => chosen(data(repeated(NORMAL, n))));
    expect(few.training).toMatchObject({ batchSize: 8, epochs: 60, eyesFirst: 18, schedule: { every: 14 } });
    expect(few.model.decoder.config.dropout).toBeGreaterThan(0);
    expect(some.training).toMatchObject({ batchSize: 8, epochs: 16, eyesFirst: 5, schedule: { every: 4 } });
    expect(some.model.decoder.config.dropout).toBe(0);
    expect(many.training).toMatchObject({ batchSize: 16, epochs: 10 });
    expect(many.model.decoder.config.dropout).toBe(0);
    const asked = chosen(data(repeated(NORMAL, 48)), { epochs: 6 }).training;
    expect(asked).toMatchObject({ epochs: 6, eyesFirst: 2, schedule: { every: 1 } });
  });

  it('goes by the images that most studies have, and the cleaning of the manifest', () => {
    const manifest = { source: 'MIMIC-CXR', cleaning: 'mimic_cxr' as const };
    const config = chosen(data(repeated(NORMAL, 5), { views: 1, manifest }));
    expect(config.model.views).toBe(1);
    expect(config.training.cleaning).toBe('mimic_cxr');
  });

  it('refuses a data set without training studies', () => {
    expect(() => configForData(data([]))).toThrow(/train: expected at least one study/);
  });
});
