// The cost from above: filled levels, contour lines with their values, axes.

import { label } from "../player/numbers.js";
import { line, put } from "../player/flat_pane.js";
import { mix, rgb, role } from "../player/theme.js";
import { contour } from "./grid.js";
import { general, ticksOf } from "./words.js";

const FINE = 2; // css px of a spot of colour
const STRONGEST = 0.62; // of the tint at the highest level
const EVERY = 3; // so many contours per value written

// One colour per level, lowest first: from the page's colour to a tint.
export function shades(theme, count) {
  const [page, tint] = [rgb(theme.page), rgb(role(theme, "data term").colour)];
  return Array.from({ length: count + 1 }, (_, i) => mix(page, tint, (STRONGEST * i) / count));
}

export function drawMap(ctx, theme, panel) {
  panel.head(ctx, theme);
  fill(ctx, theme, panel);
  const to = (at) => panel.screen(panel.steps(at));
  panel.settle(ctx, theme, to);
  contours(ctx, theme, panel);
  axes(ctx, theme, panel);
  panel.path(ctx, theme, to);
  panel.marks(ctx, theme);
}

function fill(ctx, theme, { plot, values, shape: [rows, columns], levels, span: [low, high] }) {
  const [w, h] = [Math.max(2, Math.round(plot.w / FINE)), Math.max(2, Math.round(plot.h / FINE))];
  const colours = Uint32Array.from(shades(theme, levels.length), ([r, g, b]) =>
    ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
  const words = new Uint32Array(w * h);
  const last = levels.length;
  const scale = 1 / (high - low);
  for (let y = 0; y < h; y++) {
    const down = (1 - (y + 0.5) / h) * (rows - 1);
    const j = Math.min(rows - 2, down | 0), t = down - j;
    for (let x = 0; x < w; x++) {
      const across = ((x + 0.5) / w) * (columns - 1);
      const i = Math.min(columns - 2, across | 0), s = across - i, at = j * columns + i;
      const under = values[at] + s * (values[at + 1] - values[at]);
      const over = values[at + columns] + s * (values[at + columns + 1] - values[at + columns]);
      const share = (under + t * (over - under) - low) * scale;
      words[y * w + x] = colours[share < 1 ? (Math.sqrt(share > 0 ? share : 0) * last) | 0 : last];
    }
  }
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [w, h];
  sheet.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(words.buffer), w, h), 0, 0);
  ctx.drawImage(sheet, plot.x, plot.y, plot.w, plot.h);
}

function contours(ctx, theme, panel) {
  const { levels, values, shape } = panel;
  const written = [];
  ctx.strokeStyle = theme.ink;
  levels.slice(0, -1).forEach((level, i) => {
    const pieces = contour(values, shape, level);
    ctx.beginPath();
    for (const [x, y, u, v] of pieces) {
      ctx.moveTo(...panel.screen([x, y]));
      ctx.lineTo(...panel.screen([u, v]));
    }
    const strong = i % EVERY === EVERY - 1;
    ctx.globalAlpha = strong ? 0.75 : 0.35;
    ctx.lineWidth = strong ? 1.1 : 0.8;
    ctx.stroke();
    ctx.globalAlpha = 1;
    if (strong && pieces.length > 8) write(ctx, theme, panel, general(level), pieces, written);
  });
}

// The value of a contour where it is nearest to a way outwards, apart from those already written and from marks.
function write(ctx, theme, panel, text, pieces, written) {
  const { plot } = panel;
  ctx.font = `11px ${theme.font}`;
  const half = ctx.measureText(text).width / 2 + 2;
  let best = null;
  for (const [x, y, u, v] of pieces) {
    const [px, py] = panel.screen([(x + u) / 2, (y + v) / 2]);
    if (px - half < plot.x || px + half > plot.x + plot.w || py - 8 < plot.y || py + 8 > plot.y + plot.h) continue;
    if (panel.covers(px - half, py - 8, 2 * half, 16)) continue;
    if (written.some(([a, b]) => Math.abs(a - px) < 2 * half && Math.abs(b - py) < 15)) continue;
    const rank = py + 0.2 * Math.abs(px - plot.x - plot.w / 2); // below the middle, where the marks seldom are
    if (!best || rank > best.rank) best = { rank, px, py };
  }
  if (!best) return;
  written.push([best.px, best.py]);
  Object.assign(ctx, { strokeStyle: theme.page, lineWidth: 3, lineJoin: "round", textAlign: "center" });
  ctx.textBaseline = "middle";
  ctx.strokeText(text, best.px, best.py);
  put(ctx, theme, text, best.px, best.py, { align: "center", base: "middle", size: 11, colour: theme.ink });
  ctx.strokeStyle = theme.ink;
}

function axes(ctx, theme, { plot, area, scene: { a, b }, names }) {
  const ends = (values) => [values[0], values[values.length - 1]];
  const bottom = plot.y + plot.h;
  const [ta, tb] = [ticksOf(...ends(a), plot.w / 60), ticksOf(...ends(b), plot.h / 46)];
  for (const value of ta.at) {
    const x = plot.x + ((value - a[0]) / (ends(a)[1] - a[0])) * plot.w;
    line(ctx, [[x, bottom], [x, bottom + 4]], theme.muted);
    put(ctx, theme, label(value, ta.digits), x, bottom + 16, { align: "center" });
  }
  for (const value of tb.at) {
    const y = bottom - ((value - b[0]) / (ends(b)[1] - b[0])) * plot.h;
    line(ctx, [[plot.x - 4, y], [plot.x, y]], theme.muted);
    put(ctx, theme, label(value, tb.digits), plot.x - 7, y, { align: "right", base: "middle" });
  }
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.strokeRect(plot.x, plot.y, plot.w, plot.h);
  if (names[0]) put(ctx, theme, names[0], plot.x + plot.w / 2, bottom + 33, { align: "center", colour: theme.ink });
  if (!names[1]) return;
  ctx.save();
  ctx.translate(Math.max(area.x + 9, plot.x - 36), plot.y + plot.h / 2);
  ctx.rotate(-Math.PI / 2);
  put(ctx, theme, names[1], 0, 0, { align: "center", base: "middle", colour: theme.ink });
  ctx.restore();
}
