// The unrolled view: time to the right, at each time the cloud as it is then; some trajectories through all of it.

import { colourOf } from "./marks.js";
import { kept, someOf, troupe } from "./layers.js";
import { label, niceTicks } from "./numbers.js";
import { chain, Points, sample } from "./points.js";
import { role } from "./theme.js";

const THREADS = 300;
const THREAD_PIECES = 12000;
const STILL = 3000; // particles of a cloud that stands still
const MOST = 32767;

export const FOOT = 52; // height of the time axis

// The time of each frame.
export function instants(player, frames) {
  const { time } = player;
  return Array.from({ length: frames }, (_, f) => (time && time.kind === "flow" ? time.time(time.at(f)) : f));
}

// Where clouds stand still, and what is written below them.
function stations({ scene }, frames) {
  const { timeline } = scene;
  if (!timeline || timeline.kind !== "flow") return [[0, ""], [frames - 1, ""]];
  const ends = [[0, "input"], [timeline.encoder + 1, "bottleneck"]];
  return timeline.decoder ? [...ends, [frames - 1, "reconstruction"]] : ends;
}

export function unrolled(now) {
  const { pane, player, pencil, view, points, times, looks, radius } = now;
  const stops = stations(player, points.frames);
  timeAxis(now, stops);
  frames(now, stops);
  const few = Math.min(THREADS, Math.ceil(THREAD_PIECES / points.frames));
  threads(now, "threads", sample(points.n, few), now.picks ? 0.12 : 0.35, 1);
  if (now.picks) threads(now, "picked threads", someOf(now, few), 0.95, 1.6);
  const some = sample(points.n, STILL);
  const dim = now.picks ? 0.3 : 1;
  for (const [frame] of stops) {
    const end = points.end(frame, view, times[frame]);
    pencil.marks({
      count: points.n, from: end, to: end, mix: 0, looks, picks: some, radius: 0.8 * radius,
      hollow: hollowAt(pane, frame), alpha: 0.55, dim,
    });
  }
}

const hollowAt = ({ spec: { hollow } }, frame) => Boolean(hollow[Math.min(frame, hollow.length - 1)]);

// ---- trajectories: polylines whose points carry their time as one more component

function threads(now, name, ids, alpha, width) {
  const { pane, pencil, view, times } = now;
  const some = troupe(now, name, ids);
  const { frames } = some.points;
  const path = kept(pane, `paths of ${name}`, [some.points, times.key], () => pathsOf(some.points, times));
  const looks = kept(pane, `looks along ${name}`, [some.looks, path], () => {
    const out = new Uint8Array(4 * path.n);
    for (let i = 0; i < path.n; i++) {
      const particle = Math.floor(i / (frames + 1));
      out.set(some.looks.subarray(4 * particle, 4 * particle + 4), 4 * i);
    }
    return out;
  });
  const from = { array: path.array, size: path.size, at: 0, map: view.matrix(path.quanta, 0, true) };
  const next = { ...from, at: 1 };
  pencil.segments({
    count: path.n - 1, p: { from, to: from, mix: 0 }, q: { from: next, to: next, mix: 0 }, looks, width,
    alpha: [alpha, alpha],
  });
}

function pathsOf({ array, frames, n, size, quanta }, times) {
  const [start, end] = [times[0], times[times.length - 1]];
  const wide = new Int16Array(n * frames * (size + 1));
  let o = 0;
  for (let i = 0; i < n; i++) {
    for (let f = 0; f < frames; f++) {
      for (let j = 0; j < size; j++) wide[o++] = array[(f * n + i) * size + j];
      wide[o++] = Math.round(((times[f] - start) / (end - start || 1)) * 2 * MOST) - MOST;
    }
  }
  return chain(new Points(wide, 1, size + 1, [...quanta, [start, end]]), new Array(n).fill(frames));
}

// ---- axes

function timeAxis({ player, pencil, axes, view, times, at }, stops) {
  const { plot } = view;
  const bottom = plot.y + plot.h;
  const ends = [times[0], times[times.length - 1]];
  const [left, right] = ends.map(view.across);
  const inside = (x) => x >= plot.x - 1 && x <= plot.x + plot.w + 1;
  const { timeline } = player.scene;
  const flow = timeline && timeline.kind === "flow";
  const ticks = niceTicks(...ends, Math.max(2, (right - left) / 60));
  const strokes = [[Math.max(left, plot.x), bottom - 0.5, Math.min(right, plot.x + plot.w), bottom - 0.5]];
  for (const v of ticks.at) {
    const x = view.across(v);
    if (!inside(x) || (!flow && !Number.isInteger(v))) continue;
    strokes.push([x, bottom - 6, x, bottom]);
    axes.write(flow ? label(v, ticks.digits) : player.time.value(v), x, bottom + 15, { align: "center", faint: true });
  }
  pencil.strokes(strokes, axes.ink, 0.55);
  const here = view.across(at);
  pencil.strokes([[here, plot.y, here, bottom]], colourOf(role(player.theme, "now").colour), 0.6, 1.5);
  const name = flow ? "flow time t" : timeline ? timeline.name : "time";
  axes.write(name, plot.x + plot.w / 2, bottom + 48, { align: "center", size: 13 });
  const words = stops.filter(([, word]) => word).map(([frame, word]) => [view.across(times[frame]), word]);
  words.forEach(([x, word], i) => {
    if (!inside(x)) return;
    axes.font(12);
    const half = axes.ctx.measureText(word).width / 2;
    const room = words.length > 1 ? Math.abs(words[1][0] - words[0][0]) : plot.w;
    const text = axes.fitted(word, Math.max(room - 10, 30), 12);
    const edge = Math.min(half, axes.ctx.measureText(text).width / 2);
    const place = i === 0 ? Math.max(x, plot.x - plot.left + edge) : Math.min(x, plot.x + plot.w + plot.right - edge);
    axes.write(text, place, bottom + 31, { align: "center" });
  });
}

// What is in view of the components, at the times where clouds stand still.
function frames({ pane, pencil, axes, view, times }, stops) {
  const { dims, axes: names } = pane.spec;
  const { plot } = view;
  const range = pane.camera.range;
  if (dims === 1) {
    const toY = (v) => view.place([v, 0], times[0])[1];
    const [low, high] = range[0];
    const seen = [low + ((toY(low) - plot.y - plot.h) * (high - low)) / (toY(low) - toY(high)), 0];
    seen[1] = seen[0] + (plot.h * (high - low)) / (toY(low) - toY(high));
    return axes.beside(plot, seen, toY, names[0]);
  }
  const strokes = [];
  for (const [frame] of stops) {
    const corner = (s) => view.place(range.slice(0, dims).map((pair, j) => pair[s[j]]), times[frame]);
    const corners = dims === 2 ? [[0, 0], [1, 0], [0, 1], [1, 1]]
      : [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1, (i >> 1) & 1, i >> 2]);
    for (const a of corners) {
      a.forEach((side, j) => {
        if (side) return;
        const b = a.map((s, k) => (k === j ? 1 : s));
        const [p, q] = [corner(a), corner(b)];
        strokes.push([p[0], p[1], q[0], q[1]]);
      });
    }
  }
  pencil.strokes(strokes, axes.grid, 1);
  return null;
}
