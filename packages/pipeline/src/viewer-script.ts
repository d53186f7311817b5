/**
 * Script of the report pages: shows the probabilities of one sentence's or one region's patches, sorts and filters. Runs in the
 * browser as it stands; everything it needs is in `data-` attributes of the page (see `study-viewer.ts`).
 */
export const VIEWER_SCRIPT = `
'use strict';
(() => {
  const list = document.getElementById('studies');
  const studies = [...list.children];
  const stops = JSON.parse(list.dataset.heat);
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  /** Red, green, blue, opacity 0..255 of a probability 0..255. */
  const colours = Array.from({ length: 256 }, (_, n) => {
    const p = n / 255;
    const k = Math.max(1, stops.findIndex((stop) => p <= stop[0]));
    const [low, high] = [stops[k - 1], stops[k]];
    const t = (p - low[0]) / (high[0] - low[0]);
    return low.slice(1).map((value, i) => Math.round(value + (high[i + 1] - value) * t));
  });

  function paint(canvas, values, columns) {
    canvas.width = columns;
    canvas.height = values.length / columns;
    const context = canvas.getContext('2d');
    const image = context.createImageData(canvas.width, canvas.height);
    values.forEach((value, k) => image.data.set(colours[value], 4 * k));
    context.putImageData(image, 0, 0);
  }

  /** Lines around the patches of a mask, in units of patches. */
  function outline(mask, columns) {
    const rows = mask.length / columns;
    const isOn = (x, y) => x >= 0 && y >= 0 && x < columns && y < rows && mask[y * columns + x] > 0;
    let path = '';
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        if (!isOn(x, y)) continue;
        if (!isOn(x, y - 1)) path += 'M' + x + ' ' + y + 'h1';
        if (!isOn(x, y + 1)) path += 'M' + x + ' ' + (y + 1) + 'h1';
        if (!isOn(x - 1, y)) path += 'M' + x + ' ' + y + 'v1';
        if (!isOn(x + 1, y)) path += 'M' + (x + 1) + ' ' + y + 'v1';
      }
    }
    return path;
  }

  const SVG = 'http://www.w3.org/2000/svg';

  /** Draws the highest probability of some regions over each view, and what the agent chose as a line. */
  function show(study, regions) {
    const { columns, patches, views } = study.dataset;
    const [n, v, c] = [Number(patches), Number(views), Number(columns)];
    const heat = bytes(study.dataset.probabilities);
    const masks = bytes(study.dataset.masks);
    const highest = (values, view) =>
      Array.from({ length: n }, (_, k) => Math.max(...regions.map((r) => values[(r * v + view) * n + k])));
    study.querySelectorAll('.frame').forEach((frame, view) => {
      frame.querySelectorAll('canvas, svg').forEach((old) => old.remove());
      if (regions.length === 0) return;
      const canvas = document.createElement('canvas');
      paint(canvas, highest(heat, view), c);
      const svg = document.createElementNS(SVG, 'svg');
      svg.setAttribute('viewBox', '0 0 ' + c + ' ' + n / c);
      svg.setAttribute('preserveAspectRatio', 'none');
      for (const name of ['under', '']) {
        const path = document.createElementNS(SVG, 'path');
        path.setAttribute('class', name);
        path.setAttribute('d', outline(highest(masks, view), c));
        svg.append(path);
      }
      frame.querySelector('img').after(canvas, svg);
    });
  }

  function choose(study, button) {
    const isOn = button && button.getAttribute('aria-pressed') !== 'true';
    study.querySelectorAll('button[aria-pressed]').forEach((other) => other.setAttribute('aria-pressed', 'false'));
    if (isOn) button.setAttribute('aria-pressed', 'true');
    show(study, isOn && button.dataset.regions ? button.dataset.regions.split(' ').map(Number) : []);
  }

  list.addEventListener('click', ({ target }) => {
    const button = target.closest('button[data-regions]');
    if (button) choose(button.closest('article'), button);
  });
  list.addEventListener('keydown', (event) => {
    const study = event.target.closest('article');
    if (event.key === 'Escape') choose(study, null);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const button = event.target.closest('button[data-regions]');
    if (!step || !button) return;
    const buttons = [...study.querySelectorAll('button[data-regions]')];
    const next = buttons[buttons.indexOf(button) + step];
    event.preventDefault();
    if (!next) return;
    next.focus();
    if (next.getAttribute('aria-pressed') !== 'true') choose(study, next);
  });

  const control = (name) => document.getElementById(name);
  const [sort, text, finding, kind, count] = ['sort', 'text', 'finding', 'kind', 'count'].map(control);
  const scoresOf = new Map(studies.map((study) => [study, JSON.parse(study.dataset.scores)]));
  const textOf = new Map(studies.map((study) => {
    const parts = [...study.querySelectorAll('h3, ol, .notes, .mark')]; // not the buttons of the regions
    return [study, parts.map((part) => part.textContent).join(' ').toLowerCase()];
  }));
  const marksOf = new Map(studies.map((study) => [study, JSON.parse(study.dataset.findings)]));

  function arrange() {
    const [key, direction] = sort.value.split(' ');
    const sign = direction === 'down' ? -1 : 1;
    const order = [...studies];
    if (key !== '') order.sort((a, b) => sign * (scoresOf.get(a)[key] - scoresOf.get(b)[key]));
    list.append(...order);
  }
  function filter() {
    const words = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const study of studies) {
      const marks = marksOf.get(study).filter(
        (mark) => (!finding.value || mark.finding === finding.value) && (!kind || !kind.value || mark.kind === kind.value),
      );
      const asked = finding.value || (kind && kind.value);
      study.hidden = !words.every((word) => textOf.get(study).includes(word)) || Boolean(asked && marks.length === 0);
      if (!study.hidden) shown++;
    }
    count.textContent = shown + ' of ' + studies.length + (studies.length === 1 ? ' study' : ' studies');
  }
  sort?.addEventListener('change', arrange);
  for (const input of [text, finding, kind]) input?.addEventListener('input', filter);
  document.querySelectorAll('.tools, .regions, .key').forEach((part) => { part.hidden = false; });
  const scale = document.querySelector('.key canvas');
  if (scale) paint(scale, Array.from({ length: 64 }, (_, i) => Math.round((255 * i) / 63)), 64);
  if (sort) { arrange(); filter(); }
})();
`;
