// Axes: lines of a pane go to the pencil, under the marks; their words go on top.

import { colourOf } from "./marks.js";
import { clamp, label, niceTicks } from "./numbers.js";
import { put } from "./flat_pane.js";

const SMALL = 12;
const NAME = 13;
const TIGHT = 11; // of both where there is little room
const GRID = 0.75;
const EDGE = 0.55;

export class Axes {
  // tight: few ticks, and the names inside of the plot.
  constructor({ top, pencil, theme }, tight = false) {
    Object.assign(this, { ctx: top, pencil, theme, grid: colourOf(theme.grid), ink: colourOf(theme.ink), tight });
    [this.small, this.large] = tight ? [TIGHT, TIGHT] : [SMALL, NAME];
  }

  font(size) {
    this.ctx.font = `${size}px ${this.theme.font || "sans-serif"}`;
  }

  write(text, x, y, { faint = false, turn = 0, ...style } = {}) {
    const { ctx, theme } = this;
    const colour = faint ? theme.muted : theme.ink;
    if (!turn) return put(ctx, theme, text, x, y, { size: this.small, colour, ...style });
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(turn);
    put(ctx, theme, text, 0, 0, { size: this.small, colour, ...style });
    return ctx.restore();
  }

  // A name no longer than the room for it.
  fitted(text, room, size = this.large) {
    this.font(size);
    const { ctx } = this;
    if (ctx.measureText(text).width <= room) return text;
    let short = text;
    while (short.length > 1 && ctx.measureText(`${short}…`).width > room) short = short.slice(0, -1);
    return room < 12 ? "" : `${short.trimEnd()}…`;
  }

  // Ticks that leave room for their own words.
  ticks([low, high], length, each) {
    const ticks = niceTicks(low, high, length / each);
    this.font(this.small);
    const wide = Math.max(0, ...ticks.at.map((v) => this.ctx.measureText(label(v, ticks.digits)).width));
    const apart = ticks.at.length > 1 ? ((ticks.at[1] - ticks.at[0]) / (high - low)) * length : Infinity;
    return apart < wide + 8 && each < 200 ? this.ticks([low, high], length, each * 1.6) : ticks;
  }

  below(plot, seen, toX, name, each = this.tight ? 56 : 46) {
    const bottom = plot.y + plot.h;
    const ticks = this.ticks(seen, plot.w, each);
    this.pencil.strokes(ticks.at.map((v) => [toX(v), plot.y, toX(v), bottom]), this.grid, GRID);
    for (const v of ticks.at) {
      const text = label(v, ticks.digits);
      const half = this.ctx.measureText(text).width / 2;
      const x = clamp(toX(v), plot.x - plot.left + half, plot.x + plot.w + plot.right - half);
      this.write(text, x, bottom + 15, { align: "center", faint: true });
    }
    if (this.tight) this.inside(name, plot.x + plot.w - 3, bottom - 5, "right");
    else this.write(this.fitted(name, plot.w), plot.x + plot.w / 2, bottom + 33, { align: "center", size: NAME });
    this.pencil.strokes([[plot.x, bottom - 0.5, plot.x + plot.w, bottom - 0.5]], this.ink, EDGE);
  }

  beside(plot, seen, toY, name) {
    const ticks = niceTicks(...seen, plot.h / (this.tight ? 56 : 42));
    this.pencil.strokes(ticks.at.map((v) => [plot.x, toY(v), plot.x + plot.w, toY(v)]), this.grid, GRID);
    for (const v of ticks.at) {
      const y = clamp(toY(v), plot.y + 5, plot.y + plot.h - 4);
      this.write(label(v, ticks.digits), plot.x - 6, y, { align: "right", base: "middle", faint: true });
    }
    const style = { align: "center", base: "middle", size: NAME, turn: -Math.PI / 2 };
    if (this.tight) this.inside(name, plot.x + 4, plot.y + 11, "left");
    else this.write(this.fitted(name, plot.h), plot.x - plot.left + 8, plot.y + plot.h / 2, style);
    this.pencil.strokes([[plot.x + 0.5, plot.y, plot.x + 0.5, plot.y + plot.h]], this.ink, EDGE);
  }

  inside(name, x, y, align) {
    this.write(this.fitted(name, 60), x, y, { align, faint: true });
  }

  plane(view, names) {
    const { plot } = view;
    this.below(plot, view.seen[0], (v) => view.place([v, 0])[0], names[0]);
    this.beside(plot, view.seen[1], (v) => view.place([0, v])[1], names[1]);
  }

  strip(view, names) {
    this.below(view.plot, view.seen[0], (v) => view.place([v, 0])[0], names[0]);
  }

  // ---- a box of three components: thin edges, and three axes on its outline

  box(view, range, names) {
    const corner = (s) => view.place(range.map((pair, j) => pair[s[j]]));
    const centre = view.place(range.map(([a, b]) => (a + b) / 2));
    const edges = [];
    for (let j = 0; j < 3; j++) {
      let best = null;
      for (const [sk, sl] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        const low = [sk, sl], high = [sk, sl];
        low.splice(j, 0, 0);
        high.splice(j, 0, 1);
        const [a, b] = [corner(low), corner(high)];
        edges.push([a[0], a[1], b[0], b[1]]);
        // The outermost edge carries the axis: the leftmost for the upright one, for the others the lowest, and
        // of two as low that on the right, away from the upright one.
        const rank = j === 2 ? -(a[0] + b[0]) : a[1] + b[1] + 0.25 * (a[0] + b[0]);
        if (!best || rank > best.rank) best = { rank, a, b, low };
      }
      this.edge(view, range, centre, j, names[j], best);
    }
    this.pencil.strokes(edges, this.grid, 1);
  }

  edge(view, range, centre, j, name, { a, b, low }) {
    const { plot } = view;
    const length = Math.hypot(a[0] - b[0], a[1] - b[1]);
    const mid = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    let [dx, dy] = [-(b[1] - a[1]) / (length || 1), (b[0] - a[0]) / (length || 1)];
    if (dx * (mid[0] - centre[0]) + dy * (mid[1] - centre[1]) < 0) [dx, dy] = [-dx, -dy];
    const align = dx > 0.5 ? "left" : dx < -0.5 ? "right" : "center";
    const strokes = [[a[0], a[1], b[0], b[1]]];
    let wide = 0;
    if (length > 26 && !this.tight) {
      const ticks = niceTicks(...range[j], clamp(length / 36, 1, 4));
      for (const v of ticks.at) {
        const [x, y] = view.place(range.map((pair, k) => (k === j ? v : pair[low[k]])));
        if (x < plot.x || x > plot.x + plot.w || y < plot.y || y > plot.y + plot.h) continue; // of a box zoomed in
        strokes.push([x, y, x + 4 * dx, y + 4 * dy]);
        const text = label(v, ticks.digits);
        this.write(text, x + 8 * dx, y + 11 * dy, { align, base: "middle", size: 11, faint: true });
        wide = Math.max(wide, this.ctx.measureText(text).width);
      }
    }
    this.pencil.strokes(strokes, this.ink, EDGE);
    const side = dx > 0.15 ? "left" : dx < -0.15 ? "right" : "center";
    if (j === 2) this.name(plot, name, [[b[0] + 14, b[1] - 12], 0, 0], "right", 0);
    else this.name(plot, name, [mid, dx, dy], side, wide, Math.min(a[1], b[1]));
  }

  // The name of an axis, outside of its ticks and inside the plot; that of the upright axis above it.
  name(plot, text, [[x, y], dx, dy], align, wide, top = 0) {
    const words = this.fitted(text, Math.max(60, 0.4 * plot.w));
    const far = (this.tight ? 9 : 14) + wide * Math.abs(dx) + 12 * Math.abs(dy);
    const room = this.ctx.measureText(words).width;
    const [before, after] = { left: [0, room], right: [room, 0], center: [room / 2, room / 2] }[align];
    const least = plot.x + before, most = Math.max(least, plot.x + plot.w - after);
    const across = clamp(x + far * dx, least, most);
    const aside = Math.abs(dx) > 0.4 && Math.abs(across - x - far * dx) > 3; // no room beside the ticks: above them
    const down = clamp(aside ? top - 14 : y + far * dy, plot.y + 8, plot.y + plot.h - 8);
    this.write(words, across, down, { align, base: "middle", size: this.large });
  }

  // ---- words at places

  // Beside a mark, readable over others, kept inside a plot.
  word(text, x, y, plot) {
    const { ctx, theme } = this;
    this.font(this.small);
    const right = x + 10 + ctx.measureText(text).width <= plot.x + plot.w;
    const style = { align: right ? "left" : "right", base: "middle" };
    ctx.strokeStyle = theme.page;
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    Object.assign(ctx, { textAlign: style.align, textBaseline: style.base });
    ctx.strokeText(text, x + (right ? 9 : -9), y);
    this.write(text, x + (right ? 9 : -9), y, style);
  }

  // A box of lines beside a place, above or below it where there is no room; kept inside an area.
  note(lines, x, y, area) {
    const { ctx, theme } = this;
    this.font(this.small);
    const w = Math.max(...lines.map((line) => ctx.measureText(line).width)) + 16;
    const h = 17 * lines.length + 9;
    const most = [area.x + area.w - w, area.y + area.h - h];
    const beside = x + 14 <= most[0] || x - 14 - w >= area.x;
    const left = x + 14 <= most[0] ? x + 14 : clamp(beside ? x - 14 - w : x - w / 2, area.x, Math.max(area.x, most[0]));
    const off = y + 14 <= most[1] ? y + 14 : y - 14 - h;
    const top = clamp(beside ? y - h / 2 : off, area.y, Math.max(area.y, most[1]));
    ctx.globalAlpha = 0.94;
    ctx.fillStyle = theme.page;
    ctx.strokeStyle = theme.muted;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.roundRect(left + 0.5, top + 0.5, w, h, 4);
    ctx.fill();
    ctx.stroke();
    ctx.globalAlpha = 1;
    lines.forEach((line, i) => this.write(line, left + 8, top + 17 * i + 18, { faint: i > 0 }));
  }
}
