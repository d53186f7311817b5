import { Random } from '@raca/core/random';
import { studyFromCodes } from './codes';
import type { Finding } from './findings';
import { type PhantomReport, writeReport } from './grammar';
import { labelsOf } from './labels';
import { type PatchMasks, patchMasks } from './masks';
import { type PoseStrength, VIEWS, type ViewName } from './pose';
import { renderView } from './render';
import { type PhantomStudy, sampleStudy } from './study';

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
  /** A study that is known already, with its report, and the views to draw of it, in their order. */
  readonly given?: { readonly study: PhantomStudy; readonly views: readonly ViewName[] };
}

export interface DrawnStudy {
  readonly id: string;
  /** 8-bit gray, `size × size`: frontal, lateral, or the views asked for. */
  readonly images: readonly Uint8Array[];
  readonly masks: readonly PatchMasks[];
  readonly labels: readonly number[];
  readonly findings: readonly Finding[];
  /** Of a made-up patient whose study was not given. */
  readonly report?: PhantomReport;
}

/** Draws the views of a study with masks and labels and, for a made-up patient, writes the report. */
export function drawStudy({ id, seed, size, pose, rows, cols, real, given }: DrawJob): DrawnStudy {
  const random = new Random(seed).split(`study ${id}`);
  const study =
    given?.study ??
    (real ? studyFromCodes(real.codes, real.text, random, { pose }) : sampleStudy(random, { pose }));
  const views = (given?.views ?? VIEWS).map((name) => renderView(study, name, size));
  return {
    id,
    images: views.map(({ image }) => image),
    masks: views.map((view) => patchMasks(view, rows, cols)),
    labels: labelsOf(study.findings),
    findings: study.findings,
    ...(!real && !given && { report: writeReport(study, random.split('report')) }),
  };
}
