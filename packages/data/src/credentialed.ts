import type { Manifest } from './dataset';

/**
 * Whether the text of a data set may not leave the machine without the user's explicit word. Only a manifest that says
 * `access: open`, and nothing else that speaks against it, opens a data set: what is unknown counts as credentialed.
 */
export function isCredentialed(manifest: Manifest | undefined): boolean {
  return whyCredentialed(manifest) !== null;
}

/** The reason for {@link isCredentialed}, as `manifest.json` shows it; null for text that is free to be sent. */
export function whyCredentialed(manifest: Manifest | undefined): string | null {
  if (manifest === undefined) return 'no manifest.json says that the text is open';
  const { access, source, licence, cleaning } = manifest;
  if (access !== 'open') return `access is "${access ?? 'not stated'}"`;
  if (CREDENTIALED.test(source)) return `source is ${JSON.stringify(source)}`;
  if (CREDENTIALED.test(licence)) return `licence is ${JSON.stringify(licence)}`;
  return cleaning === 'mimic_cxr' ? 'cleaning is "mimic_cxr"' : null;
}

/** MIMIC-CXR and its kin come under the terms of PhysioNet. */
const CREDENTIALED = /mimic|physio\s*net|credentialed/i;
