import { BANNER } from './output';
import { visible } from './visible-line';

/** Text of a file as HTML; marks that act are written out. */
export const asHtml = (text: string): string =>
  text
    .split('\n')
    .map(visible)
    .join('\n')
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** A page of its own: no scripts, nothing from elsewhere. */
export const htmlPage = (title: string, style: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${asHtml(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem }
p { margin: .25rem 0; overflow-wrap: anywhere; white-space: pre-wrap }
table { border-collapse: collapse; margin-top: .5rem }
th, td { text-align: left; padding: .1rem 1rem .1rem 0; font-weight: normal; border-bottom: 1px solid #eee }
th { color: #555 }
${style}
</style>
<h1>${asHtml(title)}</h1>
<p>${asHtml(BANNER)}</p>
${body}
</html>
`;
