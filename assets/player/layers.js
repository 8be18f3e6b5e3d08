// The layers of a cloud: each draws itself through the pencil. `now` is what CloudPane.draw works with:
// {pane, player, pencil, axes, view, frame, mix: between frame and the next, points, before: what they come from or
// null, from, to: ends of all particles, radius, hollow, looks, picks: those picked or null, space: 3-D}.

import { Law } from "./density.js";
import { colourOf, symbolOf } from "./marks.js";
import { chain, Points, sample } from "./points.js";
import { role } from "./theme.js";

const TAILS = 2000;
const TAIL_SHARE = 0.17; // of all frames
const TAIL_PIECES = 6;
const GHOSTS = 8000;
const RESIDUALS = 3000;
const DIMMED = 0.3;
const MANY = 1500;
const FIELD_QUANTILE = 0.98;

export const ghostAcross = 0.09; // of a strip: ticks below the particles

// The radius of marks: smaller where there are many, or where there is little room.
export function radiusOf(n, plot, small) {
  const room = Math.min(1, Math.max(small ? 0.5 : 0.75, Math.sqrt(plot.w * plot.h) / 340));
  return Math.min(3.2, Math.max(1.4, 3.2 * (700 / n) ** 0.17)) * room;
}

const faded = (now) => (now.picks ? DIMMED : 1);

// Something made once for each of the things it is made from.
export function kept(pane, name, sources, make) {
  const old = pane.made.get(name);
  if (old && old.sources.every((source, i) => source === sources[i])) return old.value;
  const value = make();
  pane.made.set(name, { sources, value });
  return value;
}

// Some particles with all their frames and their colours; ids null: all.
export function troupe({ pane, points, looks }, name, ids) {
  if (!ids) return { points, looks };
  return {
    points: kept(pane, `points of ${name}`, [points, ids], () => points.some(ids)),
    looks: kept(pane, `looks of ${name}`, [looks, ids], () => {
      const out = new Uint8Array(4 * ids.length);
      ids.forEach((i, m) => out.set(looks.subarray(4 * i, 4 * i + 4), 4 * m));
      return out;
    }),
  };
}

// At most so many of the picked particles.
export function someOf({ pane, picks }, most) {
  const few = sample(picks.length, most);
  return few ? kept(pane, `${most} picks`, [picks], () => few.map((i) => picks[i])) : picks;
}

// ---- particles

export function particles(now) {
  const { pencil, from, to, mix, points, looks, radius, hollow, space } = now;
  const alpha = space ? 1 : 0.88;
  pencil.marks({ count: points.n, from, to, mix, looks, radius, hollow, alpha, dim: faded(now), space });
}

export function chosen(now) {
  const { pencil, player, from, to, mix, looks, hollow, picks } = now;
  if (!picks) return;
  const many = picks.length > MANY; // told apart by the others' paleness alone
  const radius = many ? 1.1 * now.radius : 1.25 * now.radius + 1.2;
  pencil.marks({
    from, to, mix, looks, picks, radius, hollow, alpha: 1, outline: many ? null : colourOf(player.theme.ink),
  });
}

export function hovered(now) {
  const { pencil, player, from, to, mix, radius, points } = now;
  if (player.hover < 0 || player.hover >= points.n) return;
  const picks = kept(now.pane, "hovered", [player.hover], () => Uint32Array.of(player.hover));
  const tint = colourOf(player.theme.ink);
  pencil.marks({ from, to, mix, tint, picks, radius: radius + 4.5, hollow: true, alpha: 1 });
}

// ---- tails

export function tails(now) {
  const { points, picks } = now;
  if (points.frames < 2) return;
  trail(now, troupe(now, "tails", sample(points.n, TAILS)), 0.55 * faded(now), 1);
  if (picks) trail(now, troupe(now, "picked tails", someOf(now, TAILS)), 0.95, 1.8);
}

function trail(now, { points, looks }, strength, width) {
  const { pencil, view, frame, mix, space } = now;
  const here = frame + mix;
  const length = Math.max(2, TAIL_SHARE * points.frames);
  const opacity = (f) => strength * Math.max(0, 1 - (here - f) / length);
  for (const [a, b, high, low] of pieces(here, length, Math.ceil(length / TAIL_PIECES))) {
    const [from, to] = [points.end(a, view), points.end(b, view)];
    const part = (f) => ({ from, to, mix: (f - a) / (b - a) });
    pencil.segments({
      count: points.n, p: part(high), q: part(low), looks, width, alpha: [opacity(high), opacity(low)], space,
    });
  }
}

// Straight pieces back from a moment: [frames between which it lies, newer and older end of it].
export function pieces(here, length, step) {
  const end = Math.max(0, here - length);
  const out = [];
  let [a, b, high] = [Math.ceil(here) - 1, Math.ceil(here), here];
  while (high > end) {
    const low = Math.max(end, a);
    out.push([a, b, high, low]);
    [b, a, high] = [a, Math.max(Math.floor(end), a - step), low];
  }
  return out;
}

// ---- ghost and residuals

export function ghost(now) {
  const { pane, pencil, player, space, view, points } = now;
  const still = pane.ghost;
  if (!still) return;
  const end = still.end(0, view);
  const strip = pane.spec.dims === 1;
  const [least, most] = pane.small ? [1.2, 0.25] : [1.6, 0.45]; // of radius and strength
  pencil.marks({
    count: points.n, from: end, to: end, mix: 0, tint: colourOf(player.theme.ink), picks: sample(points.n, GHOSTS),
    symbol: strip ? symbolOf("bar") : 0, radius: strip ? 5 : Math.max(least, 0.8 * now.radius), hollow: !strip,
    alpha: strip ? 0.35 : most * faded(now) + 0.1, dim: space ? 0.5 : 1, space,
  });
}

export function residuals(now) {
  const { pane, points, picks } = now;
  if (!pane.ghost) return;
  const strength = Math.min(0.4, 6 / Math.sqrt(Math.min(points.n, RESIDUALS))); // many lie over each other
  gap(now, "residuals", sample(points.n, RESIDUALS), strength * faded(now), 0.9);
  if (picks) gap(now, "picked residuals", someOf(now, RESIDUALS), 0.95, 1.6);
}

function gap(now, name, ids, strength, width) {
  const { pane, pencil, view, frame, mix, space, player, before } = now;
  const { points } = troupe(now, name, ids);
  const first = before && ids ? kept(pane, `former ${name}`, [before, ids], () => before.some(ids)) : before;
  const goal = ids ? kept(pane, `ends of ${name}`, [pane.ends, ids], () => pane.ends.some(ids)) : pane.ends;
  const from = first ? first.end(0, view) : points.end(frame, view);
  const to = points.end(Math.min(frame + 1, points.frames - 1), view);
  const end = goal.end(0, view);
  pencil.segments({
    count: points.n, p: { from, to, mix }, q: { from: end, to: end, mix: 0 }, tint: colourOf(player.theme.ink),
    width, alpha: [strength, strength], space,
  });
}

// ---- density and field

export function density(now) {
  const { pane, pencil, player, view } = now;
  const { density: spec } = pane.spec;
  const { range } = spec;
  const law = kept(pane, "law", [spec], () => new Law(spec));
  pencil.raster({
    values: law.at(player.moment.at), shape: [law.rows, law.columns],
    map: view.square([range[0], range[1] || [0, 1]], pane.spec.dims === 3 ? pane.camera.range[2][0] : 0),
    tint: colourOf(role(player.theme, "encoder").colour), alpha: player.theme.dark ? 0.65 : 0.55,
  });
}

export function field(now) {
  const { pane, pencil, player, view } = now;
  const { phase, layer } = player.moment;
  if (phase === "bottleneck" || layer >= pane.spec.field.vectors.shape[0]) return; // no field acts there
  const arrows = kept(pane, `arrows ${layer}`, [pane.spec.field], () => arrowsOf(pane, layer));
  const from = arrows.end(0, view);
  const next = { ...from, at: 1 };
  pencil.segments({
    count: arrows.n - 1, p: { from, to: from, mix: 0 }, q: { from: next, to: next, mix: 0 },
    tint: colourOf(role(player.theme, phase).colour), width: 1.2, alpha: [0.75, 0.75],
  });
}

// Arrows around the points of the grid. Their length grows with the root of the strength: weak ones stay visible.
function arrowsOf(pane, layer) {
  const { x, y, vectors } = pane.spec.field;
  const gapOf = (line) => (line.length > 1 ? Math.abs(line[1] - line[0]) : Infinity);
  const spacing = Math.min(gapOf(x), gapOf(y));
  const strongest = kept(pane, "strongest", [pane.spec.field], () => quantile(vectors));
  const at = 2 * x.length * y.length * layer;
  const span = (line) => [Math.min(...line) - spacing, Math.max(...line) + spacing];
  const quanta = [span(x), span(y)];
  const steps = (v, j) => ((v - quanta[j][0]) / (quanta[j][1] - quanta[j][0])) * 65534 - 32767;
  const paths = [];
  y.forEach((b, row) => x.forEach((a, column) => {
    const o = at + 2 * (row * x.length + column);
    const [u, v] = [vectors[o], vectors[o + 1]];
    const size = Math.hypot(u, v);
    if (!(size > 1e-9 * strongest) || !Number.isFinite(size)) return;
    const length = 0.9 * spacing * Math.sqrt(Math.min(1, size / strongest));
    const [du, dv] = [(length * u) / size, (length * v) / size];
    const tip = [a + du / 2, b + dv / 2];
    const barb = (side) => [tip[0] - 0.36 * du - side * 0.2 * dv, tip[1] - 0.36 * dv + side * 0.2 * du];
    paths.push([[a - du / 2, b - dv / 2], tip, barb(1), barb(-1), tip]);
  }));
  const flat = Int16Array.from(paths.flat().flatMap(([a, b]) => [steps(a, 0), steps(b, 1)]));
  return chain(new Points(flat, 1, 2, quanta), paths.map((path) => path.length));
}

function quantile(vectors) {
  const sizes = [];
  for (let i = 0; i < vectors.length; i += 2) {
    const size = Math.hypot(vectors[i], vectors[i + 1]);
    if (Number.isFinite(size)) sizes.push(size);
  }
  sizes.sort((a, b) => a - b);
  return sizes[Math.floor(FIELD_QUANTILE * (sizes.length - 1))] || sizes[sizes.length - 1] || 1;
}

// ---- lines, points and a track of the scene's own

const middle = () => 0.55;

export function line(now, spec) {
  const { pane, pencil, player, view, space } = now;
  const { dims, quanta } = pane.spec;
  const path = kept(pane, `line ${spec.name}`, [spec.positions], () =>
    chain(Points.of(spec.positions, 1, dims, quanta, middle), spec.counts));
  const from = path.end(0, view);
  const next = { ...from, at: 1 };
  pencil.segments({
    count: path.n - 1, p: { from, to: from, mix: 0 }, q: { from: next, to: next, mix: 0 },
    tint: colourOf(role(player.theme, spec.role).colour), width: spec.width || 1.6, alpha: [0.9, 0.9], space,
  });
}

export function spots(now, spec) {
  const { pane, pencil, player, view, axes, radius } = now;
  const { dims, quanta } = pane.spec;
  const points = kept(pane, `points ${spec.name}`, [spec.positions], () =>
    Points.of(spec.positions, 1, dims, quanta, middle));
  const { colour, symbol } = role(player.theme, spec.role);
  const end = points.end(0, view);
  pencil.marks({
    count: points.n, from: end, to: end, mix: 0, tint: colourOf(colour), symbol: symbolOf(symbol),
    radius: radius + 2.2, hollow: false, alpha: 1, outline: colourOf(player.theme.page),
  });
  (spec.words || []).forEach((word, i) => {
    const values = word && points.values(i, 0, 0);
    if (!values) return;
    const [x, y, , near] = view.place(values);
    const { plot } = view;
    const inside = x >= plot.x && x <= plot.x + plot.w && y >= plot.y && y <= plot.y + plot.h;
    if (near && inside) axes.word(word, x, y, plot);
  });
}

export function track(now) {
  const { pane, pencil, player, view, whole, radius } = now; // it may move while the particles stand still
  const { positions, role: name } = pane.spec.track;
  const { dims, quanta } = pane.spec;
  const points = kept(pane, "track", [positions], () =>
    Points.of(positions, positions.shape[0], dims, quanta, middle));
  const { colour, symbol } = role(player.theme, name);
  const k = Math.min(Math.floor(whole), points.frames - 1);
  pencil.marks({
    count: 1, from: points.end(k, view), to: points.end(Math.min(k + 1, points.frames - 1), view), mix: whole - k,
    tint: colourOf(colour), symbol: symbolOf(symbol), radius: radius + 4, hollow: false, alpha: 1,
    outline: colourOf(player.theme.ink),
  });
}
