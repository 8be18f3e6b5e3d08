// The cost on a line between two minimisers: J for several λ, and the two parts of the middle one.

import { Plot } from "../player/flat.js";
import { line, put } from "../player/flat_pane.js";
import { dashes, role } from "../player/theme.js";
import { costOf } from "./grid.js";
import { general } from "./words.js";

const WORDS = 120; // css px for the names at the right
const APART = 15;

export class Curves {
  constructor(scene, weights) {
    const middle = Math.floor(weights.length / 2);
    const cost = weights.map((tikhonov) => costOf(scene, tikhonov));
    const penalty = scene.square.map((value) => weights[middle] * value);
    this.scene = scene;
    this.series = cost.map((values, i) => ({
      name: `J, λ = ${general(weights[i])}`, values, role: "cost", main: i === middle,
      dash: i === middle ? "solid" : i < middle ? "dot" : "longdash",
    }));
    this.series.push({ name: "data term", values: scene.data_term, role: "data term", dash: "dash" });
    this.series.push({ name: "λ‖θ‖²", values: penalty, role: "penalty", dash: "dot" });
    const low = [...cost.slice(0, middle + 1), scene.data_term]; // what is higher may leave the picture
    const known = low.flatMap((values) => [...values].filter(Number.isFinite));
    this.top = 1.08 * known.reduce((a, b) => Math.max(a, b), 1e-12);
  }

  place(area) {
    const { s } = this.scene;
    this.area = area;
    this.ends = [s[0], s[s.length - 1]];
  }

  draw(ctx, theme) {
    const { area, scene: { s, axes, names } } = this;
    const plot = (this.plot = new Plot(ctx, theme, area, this.ends, [0, this.top], WORDS));
    plot.axes(axes);
    const { box } = plot;
    [0, 1].forEach((at, i) => {
      const x = plot.x(at);
      line(ctx, [[x, box.y], [x, box.y + box.h]], theme.muted, 1, [4, 3]);
      put(ctx, theme, names[i], x, box.y + 12, { align: i ? "right" : "left", colour: theme.ink, bold: true });
    });
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.x, box.y, box.w, box.h);
    ctx.clip();
    for (const one of this.series) {
      const points = [...s].map((at, i) => [plot.x(at), plot.y(one.values[i])]).filter(([, y]) => Number.isFinite(y));
      line(ctx, points, role(theme, one.role).colour, one.main ? 2.6 : 1.5, dashes(one.dash));
    }
    ctx.restore();
    this.write(ctx, theme, plot);
  }

  // The names at the right ends of the curves, apart from each other.
  write(ctx, theme, plot) {
    const { box } = plot;
    const last = (values) => values[values.length - 1];
    const ends = this.series.map((one) => ({ one, y: Math.max(box.y + 6, plot.y(last(one.values)) || 0) }));
    ends.sort((p, q) => p.y - q.y);
    let free = -Infinity;
    for (const end of ends) free = (end.y = Math.max(end.y, free)) + APART;
    const over = free - APART - box.y - box.h;
    ends.forEach(({ one, y }, i) => {
      const at = over > 0 ? Math.min(y, box.y + box.h - APART * (ends.length - 1 - i)) : y;
      const { colour } = role(theme, one.role);
      line(ctx, [[box.x + box.w + 4, at], [box.x + box.w + 22, at]], colour, one.main ? 2.6 : 1.5, dashes(one.dash));
      put(ctx, theme, one.name, box.x + box.w + 26, at, { base: "middle", colour, bold: one.main });
    });
  }

  find(x) {
    const { plot: { box }, ends: [low, high] } = this;
    const share = (x - box.x) / box.w;
    return share >= 0 && share <= 1 ? low + share * (high - low) : null;
  }

  // The point of the line that is nearest to a place.
  nearest(at) {
    const { s } = this.scene;
    return s.reduce((best, value, j) => (Math.abs(value - at) < Math.abs(s[best] - at) ? j : best), 0);
  }

  lines(at) {
    const { s } = this.scene;
    const i = this.nearest(at);
    return [`s = ${general(s[i])}`, ...this.series.map(({ name, values }) => `${name}: ${general(values[i])}`)];
  }
}
