import { Random } from '@raca/core/random';
import { studyFromCodes } from './codes';
import type { Finding } from './findings';
import { type PhantomReport, writeReport } from './grammar';
import { labelsOf } from './labels';
import { type PatchMasks, patchMasks } from './masks';
import { type PoseStrength, VIEWS } from './pose';
import { renderView } from './render';
import { sampleStudy } from './study';

/** One study to draw; everything follows from these fields, so that order and threads do not matter. */
export interface DrawJob {
  readonly id: string;
  readonly seed: number;
  readonly size: number;
  readonly pose: PoseStrength;
  readonly rows: number;
  readonly cols: number;
  /** A real report, whose findings are drawn; without it a made-up patient with a made-up report. */
  readonly real?: { readonly codes: readonly string[]; readonly text: string };
}

export interface DrawnStudy {
  readonly id: string;
  /** 8-bit gray, `size × size`: frontal, lateral. */
  readonly images: readonly Uint8Array[];
  readonly masks: readonly PatchMasks[];
  readonly labels: readonly number[];
  readonly findings: readonly Finding[];
  /** Of a made-up patient. */
  readonly report?: PhantomReport;
}

/** Draws both views of a study with masks and labels and, for a made-up patient, writes the report. */
export function drawStudy({ id, seed, size, pose, rows, cols, real }: DrawJob): DrawnStudy {
  const random = new Random(seed).split(`study ${id}`);
  const study = real
    ? studyFromCodes(real.codes, real.text, random, { pose })
    : sampleStudy(random, { pose });
  const views = VIEWS.map((name) => renderView(study, name, size));
  return {
    id,
    images: views.map(({ image }) => image),
    masks: views.map((view) => patchMasks(view, rows, cols)),
    labels: labelsOf(study.findings),
    findings: study.findings,
    ...(!real && { report: writeReport(study, random.split('report')) }),
  };
}
