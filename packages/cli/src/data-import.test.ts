import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodePng } from '@raca/data/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';

let root: string;
let from: string;
let out: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'raca-import-'));
  from = join(root, 'from');
  out = join(root, 'out');
  mkdirSync(from);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Made-up reports of Open-i's form, two images each. */
async function makeTree(count: number, side = 64): Promise<void> {
  const data = Uint8Array.from({ length: side * side }, (_, i) => (i * 37) % 256);
  const png = await encodePng({ width: side, height: side, channels: 1, data });
  for (let n = 1; n <= count; n++) {
    const ids = [`CXR${n}_IM-${n}-1001`, `CXR${n}_IM-${n}-2001`];
    for (const id of ids) writeFileSync(join(from, `${id}.png`), png);
    writeFileSync(
      join(from, `${n}.xml`),
      `<eCitation><uId id="CXR${n}"/><MedlineCitation><Article><Abstract>
<AbstractText Label="INDICATION">Cough</AbstractText><AbstractText Label="FINDINGS">Heart normal, film ${n}. XXXX clear.</AbstractText>
</Abstract></Article></MedlineCitation>${ids.map((id) => `<parentImage id="${id}"/>`).join('')}</eCitation>`,
    );
  }
}

const iu = (...more: string[]) =>
  runCommand('data', 'import', 'iu-xray', '--from', from, '--out', out, ...more);

describe('raca data import', () => {
  it('prints the table of counts, the published counts and what was left out', async () => {
    await makeTree(10);
    writeFileSync(join(from, '3.xml'), '<broken');
    const { code, stdout, errors } = await iu();
    expect(code, errors.join('\n')).toBe(0);
    expect(stdout).toMatch(/read\s+│ 9 +│ 18 +│ 1 studies: unreadable report/);
    expect(stdout).toMatch(/R2Gen's IU X-ray │ studies │ 2069 +│ 296 │ 590 +│ 6 \/ 1 \/ 2/);
    expect(stdout).toMatch(/out: 6 \/ 1 \/ 2 studies/);
    expect(readFileSync(join(out, 'dropped.csv'), 'utf8')).toMatch(
      /^3\.xml,read,"unreadable report: expected XML/m,
    );
    expect((await runCommand('data', 'check', out)).code).toBe(0);
    expect((await iu()).stdout).toMatch(/there already/);
    const json = JSON.parse((await iu('--json')).stdout);
    expect(json).toMatchObject({ reused: true, manifest: { access: 'open' } });
    expect((await iu('--marks', 'drop')).errors[0]).toMatch(/out: expected .*other options/);
    expect((await iu('--marks', 'drop', '--overwrite')).code).toBe(0);
    const page = await runCommand('data', 'show', out);
    expect(page.stdout.trim()).toBe(join(out, 'data.html'));
    expect(readFileSync(join(out, 'data.html'), 'utf8')).toContain('Heart normal, film');
  });

  it('imports reports alone, for images to be drawn', async () => {
    await makeTree(6);
    expect((await iu('--without-images', '--section', 'findings-or-impression')).code).toBe(0);
    expect(existsSync(join(out, 'images'))).toBe(false);
    const checked = await runCommand('data', 'check', out);
    expect(checked.stdout).toMatch(/warning: .*imported without images/);
    expect(checked.code).toBe(0);
    const drawn = join(root, 'drawn');
    const { code, errors } = await runCommand(
      'data',
      'phantom',
      '--reports',
      out,
      '--out',
      drawn,
      '--size',
      '32',
    );
    expect(code, errors.join('\n')).toBe(0);
    expect((await runCommand('data', 'check', drawn)).code).toBe(0);
  });

  const wrong: [string, string[], number, RegExp][] = [
    ['a section that is none', ['--section', 'history'], 2, /--section: expected one of findings, /],
    ['shares that are none', ['--shares', '1,2'], 2, /--shares: expected three numbers/],
    ['a form of another set', ['--form', 'physionet'], 2, /--form: expected one of openi, kaggle, r2gen/],
    [
      'a split file that is not there',
      ['--split', 'no.json'],
      1,
      /no\.json: expected a readable JSON file, found nothing/,
    ],
    ['an empty folder', [], 1, /from: expected Open-i XML reports, .* found none/],
  ];
  it.each(wrong)('tells of %s in one line', async (_, more, expected, message) => {
    if (more.length > 0) await makeTree(1);
    const { code, errors } = await iu(...more);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(message);
    expect(code).toBe(expected);
    expect(readdirSync(root)).toEqual(['from']);
  });
});

const command = fileURLToPath(new URL('../dist/raca.js', import.meta.url));

/** sha256 of every file below a folder, by relative name. */
function contents(dir: string): Record<string, string> {
  const names = readdirSync(dir, { recursive: true }).map(String).sort();
  const files = names.filter((name) => statSync(join(dir, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(dir, name)))
        .digest('hex'),
    ]),
  );
}

describe.skipIf(!existsSync(command))('a killed import (skipped where packages/cli is not built)', () => {
  it('goes on where it was', async () => {
    await makeTree(60, 300);
    const life = () => {
      const args = [command, 'data', 'import', 'iu-xray', '--from', from, '--out', out];
      const child = spawn(process.execPath, args, { stdio: 'ignore' });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      return { child, ended };
    };
    const images = join(root, '.out.import', 'images');
    const first = life();
    while (!existsSync(images) && first.child.exitCode === null) await pause(2);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(out)).toBe(false);
    expect(existsSync(images)).toBe(true);
    expect(await life().ended).toBe(0);
    expect(readdirSync(root).sort()).toEqual(['from', 'out']);
    const resumed = contents(out);
    rmSync(out, { recursive: true });
    expect(await life().ended).toBe(0);
    expect(resumed).toEqual(contents(out));
    expect(Object.keys(resumed)).toHaveLength(120 + 3);
  });
});
