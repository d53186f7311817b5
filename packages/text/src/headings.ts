/** Headings of templates, also where case does not show them: `lungs: clear heart: enlarged`. */
const HEADING =
  /(?:^|\s)((?:lungs?|lung fields|airspaces?|airways?|trachea|pleurae?|pleural (?:space|spaces|cavities)|heart|heart size|cardiac|cardiac silhouette|cardiomediastinal silhouette|cardiomediastinum|mediastinum|hila|hilum|vessels|vasculature|pulmonary vasculature|bones?|bones and soft tissues|osseous structures|soft tissues|ribs|spine|chest wall|diaphragms?|abdomen|upper abdomen|(?:support )?devices|hardware|lines|lines and tubes|lines\/tubes|tubes|lines\/devices|other|pneumothorax|ptx|(?:pleural |left |right )*effusions?|consolidation|(?:pulmonary )?edema|(?:pulmonary )?oedema|pneumonia|atelectasis|cardiomegaly|(?:lung )?opacit(?:y|ies)|nodules?|mass|fractures?))$/i;
const CAPITALISED = /(?:^|[a-z\d).,;]\s+)((?:[A-Z][A-Za-z/-]*)(?:\s(?:and\s|\/\s?)?[A-Za-z][a-z/-]*){0,3})$/;

/** Where the heading in front of the colon at `colon` begins; `from` is the earliest place. -1 where there is none. */
export function headingStart(text: string, from: number, colon: number): number {
  const before = text.slice(Math.max(from, colon - 60), colon).trimEnd();
  const [, name] = HEADING.exec(before) ?? CAPITALISED.exec(before) ?? [];
  return name === undefined ? -1 : Math.max(from, colon - 60) + before.length - name.length;
}
