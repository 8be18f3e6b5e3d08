// Marks: the symbols of the figures as shapes, as distance fields and as colours of particles.

import { reading } from "./numbers.js";
import { rgb } from "./theme.js";

const polygon = (n, turn) =>
  Array.from({ length: n }, (_, i) => {
    const a = turn + (2 * Math.PI * i) / n;
    return [Math.cos(a), Math.sin(a)];
  });
const times = (shape, factor) => shape.map(([x, y]) => [factor * x, factor * y]);
const CROSS = times(
  [[-1, -3], [1, -3], [1, -1], [3, -1], [3, 1], [1, 1], [1, 3], [-1, 3], [-1, 1], [-3, 1], [-3, -1], [-1, -1]],
  0.37,
);
// Corners in units of the mark's radius, y downwards; the circle has none.
const SHAPES = {
  circle: null,
  square: times(polygon(4, Math.PI / 4), 1.15),
  diamond: times(polygon(4, 0), 1.2),
  cross: CROSS,
  x: CROSS.map(([x, y]) => [0.707 * (x - y), 0.707 * (x + y)]),
  "triangle-up": times(polygon(3, -Math.PI / 2), 1.2),
  "triangle-down": times(polygon(3, Math.PI / 2), 1.2),
  pentagon: polygon(5, -Math.PI / 2),
  star: polygon(10, -Math.PI / 2).map(([x, y], i) => (i % 2 ? [0.45 * x, 0.45 * y] : [1.2 * x, 1.2 * y])),
  hexagon: polygon(6, 0),
  bar: [[-0.13, -1.25], [0.13, -1.25], [0.13, 1.25], [-0.13, 1.25]],
};
const NAMES = Object.keys(SHAPES);
// The head of an arrow: at most this share of the arrow; half its width for each px of its length.
export const HEAD_SHARE = 0.6;
export const HEAD_SLOPE = 0.42;
export const symbolOf = (name) => Math.max(0, NAMES.indexOf(name));

// The outline of a mark as a path of a 2-D context.
export function trace(ctx, shape, x, y, r) {
  ctx.beginPath();
  const corners = SHAPES[shape];
  if (!corners) ctx.arc(x, y, r, 0, 2 * Math.PI);
  else {
    for (const [cx, cy] of corners) ctx.lineTo(x + r * cx, y + r * cy);
    ctx.closePath();
  }
}

// ---- distance fields

// A sprite reaches SPAN radii from its middle. A field holds 128 - 96 d for the distance d (in radii) from the outline.
export const SPAN = 1.5;
export const CELL = 32;
export const CELLS = NAMES.length;

function distance(corners, x, y) {
  if (!corners) return Math.hypot(x, y) - 1;
  let best = Infinity, inside = false;
  corners.forEach(([ax, ay], i) => {
    const [bx, by] = corners[(i + 1) % corners.length];
    const [ex, ey, px, py] = [bx - ax, by - ay, x - ax, y - ay];
    const s = Math.min(1, Math.max(0, (px * ex + py * ey) / (ex * ex + ey * ey)));
    best = Math.min(best, Math.hypot(px - s * ex, py - s * ey));
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * ex) inside = !inside;
  });
  return inside ? -best : best;
}

const fields = new Map();

// (CELL, CELL) bytes of one symbol.
export function field(symbol) {
  let cell = fields.get(symbol);
  if (cell) return cell;
  cell = new Uint8Array(CELL * CELL);
  const at = (i) => ((i + 0.5) / CELL - 0.5) * 2 * SPAN;
  for (let i = 0; i < cell.length; i++) {
    const d = distance(SHAPES[NAMES[symbol]], at(i % CELL), at(Math.floor(i / CELL)));
    cell[i] = Math.max(0, Math.min(255, Math.round(128 - 96 * d)));
  }
  fields.set(symbol, cell);
  return cell;
}

// All symbols below each other, (CELLS * CELL, CELL) bytes.
export function atlas() {
  const sheet = new Uint8Array(CELLS * CELL * CELL);
  NAMES.forEach((_, symbol) => sheet.set(field(symbol), symbol * CELL * CELL));
  return sheet;
}

// ---- colours

const known = new Map();

// Any css colour as [red, green, blue].
export function colourOf(css) {
  if (!known.has(css)) known.set(css, rgb(css));
  return known.get(css);
}

// A table of 256 colours along a list of colours, 3 bytes each.
function ramp(hexes) {
  const stops = hexes.map(colourOf);
  const table = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    const [a, b] = [stops[Math.max(k, 0)], stops[Math.max(k + 1, 0)]];
    for (let c = 0; c < 3; c++) table[3 * i + c] = a[c] + (at - k) * (b[c] - a[c]);
  }
  return table;
}

// A colouring with the values that it has in a pane: those of the squared error differ from one to the next.
export function colourFor(colour, key) {
  return colour && colour.each ? { ...colour, values: colour.each[key] || Object.values(colour.each)[0] } : colour;
}

// Where a value lies on its scale, 0 to 1.
function along(colour, value) {
  const [low, high] = colour.kind === "hue" ? [0, 1] : colour.range;
  const f = colour.log ? (v) => Math.log(Math.max(v, 1e-30)) : (v) => v;
  const s = (f(value) - f(low)) / (f(high) - f(low));
  return Number.isFinite(s) ? Math.min(1, Math.max(0, s)) : 0;
}

// (n, 4) bytes: red, green, blue and symbol of each particle. colour: one of scene.colours, or nothing.
export function styles(n, colour, theme) {
  const out = new Uint8Array(4 * n);
  if (colour && colour.kind === "class") {
    const looks = theme.classes.map(([hex, shape]) => [...colourOf(hex), symbolOf(shape)]);
    for (let i = 0; i < n; i++) out.set(looks[colour.values[i] % looks.length], 4 * i);
    return out;
  }
  const table = ramp(colour && colour.kind === "scale" ? theme.scale : theme.hues);
  for (let i = 0; i < n; i++) {
    const k = 3 * (colour ? Math.round(255 * along(colour, colour.values[i])) : 128);
    for (let c = 0; c < 3; c++) out[4 * i + c] = table[k + c];
  }
  return out;
}

// What the colour says of one particle, in words; "" when nothing.
export function wordOf(colour, i) {
  if (!colour) return "";
  if (colour.kind === "class") return colour.names[colour.values[i]] ?? "";
  if (colour.kind === "hue") return "";
  return [colour.name, reading(colour.values[i]), colour.unit].filter(Boolean).join(" ");
}

// A small canvas with one mark, for legends.
export function stamp(colour, shape, hollow = false) {
  const mark = document.createElement("canvas");
  const ratio = 2 * (window.devicePixelRatio || 1); // sharp in larger type too
  mark.width = mark.height = Math.round(12 * ratio);
  mark.style.width = mark.style.height = "calc(0.75 * var(--rem, 1rem))";
  const ctx = mark.getContext("2d");
  ctx.scale(ratio, ratio);
  ctx.fillStyle = ctx.strokeStyle = colour;
  ctx.lineWidth = 1.2;
  trace(ctx, shape, 6, 6, 4.2);
  if (hollow) ctx.stroke();
  else ctx.fill();
  return mark;
}
