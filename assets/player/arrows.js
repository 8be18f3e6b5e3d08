// Arrows on the particles of a cloud, such as their costates: from where a particle is to a tip that moves with it.

import { kept, troupe } from "./layers.js";
import { Points, sample } from "./points.js";

const MOST = 240; // arrows; more hide each other
const WIDTH = 1.2;
const HEAD = [[0.8, 4.6], [0.87, 3.2], [0.94, 1.7]]; // where a piece of the head begins, and its width

// The arrows of a pane's spec as points: the tips, and where the pieces of the head begin.
export function arrowsOf(spec, points) {
  if (!spec.arrows) return null;
  const { positions, quanta } = spec.arrows;
  const tips = Points.of(positions, positions.shape[0], spec.dims, quanta);
  return { tips, necks: HEAD.map(([share]) => tips.midway(points, share)) };
}

export function arrows(now) {
  const { pane, picks } = now;
  some(now, "arrows", sample(pane.points.n, MOST), picks ? 0.2 : 0.7);
  if (picks) some(now, "picked arrows", picks, 1);
}

function some(now, name, ids, strength) {
  const { pane, pencil, view, frame, mix, space } = now;
  const { tips, necks } = pane.arrows;
  const chosen = (points, part) =>
    (ids ? kept(pane, `${part} of ${name}`, [points, ids], () => points.some(ids)) : points);
  const { points, looks } = troupe(now, name, ids);
  const end = (all) => {
    const last = Math.min(frame + 1, all.frames - 1);
    return { from: all.end(frame, view), to: all.end(last, view), mix };
  };
  const tip = end(chosen(tips, "tips"));
  const line = (p, q, width) =>
    pencil.segments({ count: points.n, p, q, looks, width, alpha: [strength, strength], space });
  line(end(points), tip, WIDTH);
  necks.forEach((neck, i) => line(end(chosen(neck, `neck ${i}`)), tip, HEAD[i][1]));
}
