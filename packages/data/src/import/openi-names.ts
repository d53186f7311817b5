/**
 * One name for an image of the collection, however its file is called: Open-i's `CXR4_IM-2050-1001.png`, Kaggle's
 * `4_IM-2050-1001.dcm.png`, the DICOM archive's `4/4_IM-2050-1001.dcm`. Open-i doubles the number of its first
 * study (`CXR1_1_IM-0001-3001`).
 */
export function imageKey(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  return base
    .replace(/(\.(png|jpe?g|dcm|dicom))+$/i, '')
    .replace(/^(?=\d+_)/, 'CXR')
    .replace(/^CXR(\d+)_\1_/, 'CXR$1_');
}

/** `<id>/<n>` of a file in R2Gen's layout (`images/CXR4_IM-2050/0.png`), the image's place in its study. */
export function placeKey(name: string): string | undefined {
  const [, id, n] = /(?:^|\/)(CXR[^/]+)\/(\d+)\.(?:png|jpe?g|dcm)$/i.exec(name) ?? [];
  return id === undefined ? undefined : `${id}/${Number(n)}`;
}

/** R2Gen's id of a study: that of its first image without the last number; the number of the report where there is none. */
export function studyId(uid: string, images: readonly string[]): string {
  return images.length === 0 ? uid : images[0].replace(/-[^-]*$/, '');
}

/** The number of a report, `CXR4`, of any id that begins with it (`CXR4_IM-2050`). */
export function uidOf(id: string): string {
  return id.replace(/_.*$/, '');
}
