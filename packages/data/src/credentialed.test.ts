import { expect, it } from 'vitest';
import { isCredentialed } from './credentialed';
import type { Manifest } from './dataset';

const open: Manifest = { source: 'IU X-ray (Open-i)', licence: 'CC BY-NC-ND 4.0', access: 'open' };

it('lets open text go', () => {
  expect(isCredentialed(open)).toBe(false);
  expect(isCredentialed({ ...open, cleaning: 'iu_xray' })).toBe(false);
});

it.each<[string, Manifest | undefined]>([
  ['no manifest', undefined],
  ['no word on access', { ...open, access: undefined }],
  ['access: credentialed', { ...open, access: 'credentialed' }],
  ['a licence of PhysioNet', { ...open, licence: 'PhysioNet Credentialed Health Data License 1.5.0' }],
  ['a source that is MIMIC', { ...open, source: 'mimic_cxr, R2Gen' }],
  [
    'images drawn for MIMIC reports',
    { ...open, source: 'phantom: images drawn for real reports of MIMIC-CXR' },
  ],
  ['cleaning of MIMIC', { ...open, cleaning: 'mimic_cxr' }],
])('counts as credentialed: %s', (_, manifest) => {
  expect(isCredentialed(manifest)).toBe(true);
});
