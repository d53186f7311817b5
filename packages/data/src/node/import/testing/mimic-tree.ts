import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One made-up study of {@link mimicTree}. */
export interface MadeStudy {
  readonly subject: number;
  readonly study: number;
  /** Lines of the report; none: images without a report. */
  readonly report?: readonly string[];
  /** View of each image; `''` for one that is not noted, with a code meaning after a colon (`:lateral`). */
  readonly views: readonly string[];
  readonly split?: 'train' | 'validate' | 'test';
  /** `YYYYMMDD HHMMSS`. */
  readonly time?: string;
}

export interface TreeOptions {
  readonly reports: (path: string, text: string) => void;
  readonly image?: (path: string) => Uint8Array | undefined;
  readonly extension?: 'jpg' | 'dcm';
}

/** Name of the n-th image of a study: 44 characters in five groups, as in MIMIC-CXR. */
export function dicomId(study: number, n: number): string {
  const hex = `${study}${n}`.padStart(40, '0');
  return hex.match(/.{8}/g)!.join('-');
}

export const folderOf = ({ subject, study }: { subject: number; study: number }): string =>
  `files/p${String(subject).slice(0, 2)}/p${subject}/s${study}`;

/** Writes a tree in the form of MIMIC-CXR and MIMIC-CXR-JPG. All text is made up; nothing is of the real set. */
export function mimicTree(dir: string, studies: readonly MadeStudy[], options: TreeOptions): void {
  const metadata = [
    'dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,StudyDate,StudyTime,' +
      'ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,PatientOrientationCodeSequence_CodeMeaning',
  ];
  const split = ['dicom_id,study_id,subject_id,split'];
  const chexpert = ['subject_id,study_id,Atelectasis,Cardiomegaly,No Finding'];
  for (const made of studies) {
    const { subject, study, views, time = '21800101 080000' } = made;
    const folder = folderOf(made);
    if (made.report)
      options.reports(`${folder}.txt`, `${made.report.map((line) => ` ${line}`).join('\n')}\n`);
    const [date, clock] = time.split(' ');
    views.forEach((entry, n) => {
      const [view, meaning = ''] = entry.split(':');
      const id = dicomId(study, n);
      metadata.push(
        `${id},${subject},${study},CHEST,${view},3056,2544,${date},${Number(clock)}.25,"CHEST, TWO VIEWS",${meaning},Erect`,
      );
      if (made.split) split.push(`${id},${study},${subject},${made.split}`);
      const path = `${folder}/${id}.${options.extension ?? 'jpg'}`;
      const image = options.image?.(path);
      if (image) put(join(dir, path), image);
    });
    chexpert.push(`${subject},${study},1.0,-1.0,`);
  }
  const table = (name: string, lines: string[]) =>
    put(join(dir, `mimic-cxr-2.0.0-${name}.csv.gz`), gzipSync(`${lines.join('\n')}\n`));
  table('metadata', metadata);
  table('split', split);
  table('chexpert', chexpert);
}

export function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
