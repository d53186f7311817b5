import type { DataSet } from 'dicom-parser';

/** The values of a text element; none where it is absent. */
export function textValues(dataSet: DataSet, tag: string): string[] {
  return (dataSet.string(tag) ?? '').split('\\').map((value) => value.trim());
}

/** The first number of a decimal or integer string; undefined where it is absent or none. */
export function firstNumber(dataSet: DataSet, tag: string): number | undefined {
  return finite(textValues(dataSet, tag)[0]);
}

/** Two positive numbers of a decimal or integer string; undefined where they are not. */
export function positivePair(dataSet: DataSet, tag: string): [number, number] | undefined {
  const [a, b] = textValues(dataSet, tag).map(finite);
  return a !== undefined && b !== undefined && a > 0 && b > 0 ? [a, b] : undefined;
}

function finite(text: string | undefined): number | undefined {
  const value = text ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
