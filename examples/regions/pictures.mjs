// A page with X-rays and the masks on them.
import { encodePng } from '@raca/data/node';

const COLOURS = ['#1f9bff', '#ff5a36'];

/**
 * @param groups name → `{name, set, score, pixels, masks}` of each picture
 * @param regions name → index in the masks `[r · n]`
 */
export async function picturePage({ grid, size, regions, prior, groups }) {
  const parts = [];
  for (const [title, list] of Object.entries(groups)) {
    parts.push(`<h2>${title}</h2><div class="row">`);
    for (const { name, set, score, pixels, masks } of list) {
      const png = await encodePng({ width: size, height: size, channels: 1, data: Uint8Array.from(pixels) });
      const url = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
      const figure = (m, text) => `<figure><div><img src="${url}" alt="">${overlay(m, grid, regions)}</div>
<figcaption>${text}</figcaption></figure>`;
      parts.push(
        `<section>${figure(masks, `agent, IoU ${score.toFixed(2)}`)}${figure(prior, 'prior')}<p>${escaped(`${set}: ${name}`)}</p></section>`,
      );
    }
    parts.push('</div>');
  }
  const legend = Object.keys(regions).map((name, k) => `<b style="color:${COLOURS[k]}">■</b> ${name}`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Regions on X-rays</title><style>
body{font:14px/1.4 system-ui,sans-serif;margin:2rem}.row{display:flex;flex-wrap:wrap;gap:1rem}section{width:340px}
figure{display:inline-block;margin:0 .3rem 0 0}figure div{position:relative;width:160px;height:160px}
img,svg{position:absolute;inset:0;width:100%;height:100%}p{margin:.1rem;color:#57606a;font-size:.8rem}</style>
<h1>Regions on X-rays</h1><p>Not for clinical use. ${legend.join(' ')}</p>${parts.join('\n')}</html>\n`;
}

function overlay(masks, { rows, cols }, regions) {
  const squares = Object.values(regions).flatMap((r, k) =>
    Array.from({ length: rows * cols }, (_, p) =>
      masks[r * rows * cols + p] >= 0.5
        ? `<rect x="${p % cols}" y="${Math.floor(p / cols)}" width="1" height="1" fill="${COLOURS[k]}"/>`
        : '',
    ),
  );
  return `<svg viewBox="0 0 ${cols} ${rows}" preserveAspectRatio="none"><g fill-opacity="0.35">${squares.join('')}</g></svg>`;
}

const escaped = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
