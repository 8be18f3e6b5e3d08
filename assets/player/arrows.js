// Arrows on the particles of a cloud, such as their costates: from where a particle is to a tip that moves with it.

import { kept, troupe } from "./layers.js";
import { Points, sample } from "./points.js";

const MOST = 240; // arrows; more hide each other
const WIDTH = 1.2;
const HEAD = 8;

// The tips of the arrows in a pane's spec.
export function tipsOf({ arrows, dims }) {
  return arrows ? Points.of(arrows.positions, arrows.positions.shape[0], dims, arrows.quanta) : null;
}

export function arrows(now) {
  const { pane, picks } = now;
  some(now, "arrows", sample(pane.points.n, MOST), picks ? 0.2 : 0.7);
  if (picks) some(now, "picked arrows", picks, 1);
}

function some(now, name, ids, strength) {
  const { pane, pencil, view, frame, mix, space } = now;
  const { points, looks } = troupe(now, name, ids);
  const tips = ids ? kept(pane, `tips of ${name}`, [pane.tips, ids], () => pane.tips.some(ids)) : pane.tips;
  const last = Math.min(frame + 1, tips.frames - 1);
  const end = (all) => ({ from: all.end(frame, view), to: all.end(last, view), mix });
  const arrow = { count: points.n, p: end(points), q: end(tips), looks, alpha: [strength, strength], space };
  pencil.segments({ ...arrow, width: WIDTH });
  pencil.segments({ ...arrow, head: HEAD });
}
