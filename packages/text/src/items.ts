/** A list mark in front of an item. */
const ITEM = /^[ \t]*(?:[-–—•·●▪*]|\(?\d{1,2}\)|\d{1,2}\.(?!\d))[ \t]+(?=\S)/;

/**
 * A report whose list items end in full stops, without their marks: `- No effusion\n- Mild edema` becomes
 * `No effusion. Mild edema.` A report that has no list, or whose items end in stops already, comes back as it is.
 */
export function closeItems(report: string): string {
  if (!/(?:^|\n)[ \t]*(?:[-–—•·●▪*]|\(?\d{1,2}[).])[ \t]/.test(report)) return report;
  const items: string[] = [];
  let open = false;
  let missing = false;
  const close = (): void => {
    if (open && !/[.!?:]\s*$/.test(items.at(-1)!)) {
      items.push(`${items.pop()!.trimEnd()}.`);
      missing = true;
    }
    open = false;
  };
  for (const line of report.split(/\r\n|\r|\n/)) {
    const mark = ITEM.exec(line);
    if (mark) {
      close();
      items.push(line.slice(mark[0].length).trim());
      open = true;
    } else if (line.trim() === '') close();
    else if (open) items.push(`${items.pop()!} ${line.trim()}`);
    else items.push(line.trim());
  }
  close();
  return missing ? items.join(' ') : report;
}
