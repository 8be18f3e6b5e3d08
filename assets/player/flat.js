// Panes on the 2-D canvas alone. Here: curves over time and bars of components; pictures.js has the images.

import { label, niceTicks, reading } from "./numbers.js";
import { Film, Images } from "./pictures.js";
import { FlatPane, line, put } from "./flat_pane.js";
import { dashes, role } from "./theme.js";

const NEAR = 8; // css px between the pointer and a curve
const FEW = 8; // so many curves are told apart by name
const PAUSE = [2, 4]; // dash of what stands still
const AXIS = { left: 46, bottom: 38, top: 6, right: 10 };

const finite = (values) => values.filter(Number.isFinite);

function extent(values, room = 0.05) {
  const known = finite(values);
  if (!known.length) return [0, 1];
  const [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  const tiny = 1e-6 * Math.max(1, Math.abs(low), Math.abs(high)); // what is left of rounding
  const more = high - low > tiny ? room * (high - low) : Math.max(0.5, 0.1 * Math.abs(low));
  return [low - more, high + more];
}

// The value of an array of frames between two of them.
function between(values, frame) {
  const i = Math.min(Math.floor(frame), Math.max(0, values.length - 2));
  const share = frame - i;
  if (share === 0 || values.length === 1) return values[i];
  return share === 1 ? values[i + 1] : values[i] + share * (values[i + 1] - values[i]);
}

// A rectangle with scales; draws its axes.
export class Plot {
  constructor(ctx, theme, { w, h }, xs, ys, right = AXIS.right) {
    Object.assign(this, { ctx, theme, xs, ys });
    this.box = { x: AXIS.left, y: AXIS.top, w: w - AXIS.left - right, h: h - AXIS.top - AXIS.bottom };
  }

  x(value) {
    return this.box.x + (this.box.w * (value - this.xs[0])) / (this.xs[1] - this.xs[0] || 1);
  }

  y(value) {
    return this.box.y + this.box.h * (1 - (value - this.ys[0]) / (this.ys[1] - this.ys[0] || 1));
  }

  line(...how) {
    line(this.ctx, ...how);
  }

  axes([across, up], { numbers = true } = {}) {
    const { ctx, theme, box } = this;
    const bottom = box.y + box.h;
    const ty = niceTicks(...this.ys, box.h / 36);
    for (const value of ty.at) {
      this.line([[box.x, this.y(value)], [box.x + box.w, this.y(value)]], theme.grid);
      put(ctx, theme, label(value, ty.digits), box.x - 6, this.y(value), { align: "right", base: "middle" });
    }
    if (numbers) {
      const tx = niceTicks(...this.xs, box.w / 50);
      for (const value of tx.at) {
        this.line([[this.x(value), bottom], [this.x(value), bottom + 4]], theme.muted);
        put(ctx, theme, label(value, tx.digits), this.x(value), bottom + 16, { align: "center" });
      }
    }
    this.line([[box.x, box.y], [box.x, bottom], [box.x + box.w, bottom]], theme.muted);
    put(ctx, theme, across, box.x + box.w / 2, bottom + 33, { align: "center", size: 13, colour: theme.ink });
    ctx.save();
    ctx.translate(11, box.y + box.h / 2);
    ctx.rotate(-Math.PI / 2);
    put(ctx, theme, up, 0, 0, { align: "center", size: 13, colour: theme.ink });
    ctx.restore();
  }
}

// ---- curves

class Curves extends FlatPane {
  receive(spec) {
    super.receive(spec);
    const { x } = spec;
    this.xs = [x[0], x[x.length - 1]];
    this.ys = extent(spec.series.flatMap(({ values }) => Array.from(values)));
  }

  get now() {
    return role(this.player.theme, "now").colour;
  }

  hex({ colour, particle }) {
    if (colour) return colour;
    return particle === null ? this.player.theme.ink : this.player.colourOf(particle);
  }

  // 0: in the background, 1: as usual, 2: picked or under the pointer.
  weight({ particle }) {
    const { picked, hover } = this.player;
    if (particle === null) return 1;
    if (particle === hover || picked.has(particle)) return 2;
    return this.spec.series.some((one) => picked.has(one.particle)) ? 0 : 1;
  }

  paint(ctx) {
    const { theme } = this.player;
    const { series, axes } = this.spec;
    const order = series.map((one) => [this.weight(one), one]).sort(([a], [b]) => a - b);
    const named = order.filter(([weight, one]) => (one.particle === null ? series.length <= FEW : weight === 2))
      .slice(-FEW).map(([, one]) => [one, this.nameOf(one)]);
    ctx.font = `12px ${theme.font}`;
    const room = Math.min(90, Math.max(0, ...named.map(([, text]) => ctx.measureText(text).width)));
    const plot = new Plot(ctx, theme, this.area, this.xs, this.ys, AXIS.right + room + (room ? 4 : 0));
    this.plot = plot;
    plot.axes(axes);
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.box.x, plot.box.y - 2, plot.box.w, plot.box.h + 4);
    ctx.clip();
    for (const [weight, one] of order) this.curve(plot, one, weight);
    ctx.restore();
    this.names(plot, named);
  }

  nameOf({ particle, name }) {
    return particle === null ? name : `${this.player.idOf(particle)}`;
  }

  curve(plot, one, weight) {
    const { x, series } = this.spec;
    const colour = this.hex(one);
    const usual = one.particle === null ? 1 : series.length > 12 ? 0.5 : 0.8;
    plot.ctx.globalAlpha = [0.22, usual, 1][weight];
    const width = [1.2, one.particle === null ? 2 : 1.5, 2.6][weight];
    let points = [];
    let drawn = null;
    const stroke = () => {
      if (points.length > 1) plot.line(points, colour, width, drawn ? dashes(one.dash) : PAUSE);
    };
    for (let i = 0; i + 1 < x.length; i++) {
      if (!Number.isFinite(one.values[i] + one.values[i + 1])) {
        stroke();
        points = [];
        continue;
      }
      if (x[i] === x[i + 1]) { // the projection: the value jumps
        stroke();
        plot.line([i, i + 1].map((j) => [plot.x(x[j]), plot.y(one.values[j])]), colour, 0.6);
        points = [];
        continue;
      }
      const active = this.active((x[i] + x[i + 1]) / 2);
      if (!points.length || active !== drawn) {
        stroke();
        points = [[plot.x(x[i]), plot.y(one.values[i])]];
        drawn = active;
      }
      points.push([plot.x(x[i + 1]), plot.y(one.values[i + 1])]);
    }
    stroke();
    plot.ctx.globalAlpha = 1;
  }

  active(x) {
    const { active } = this.spec;
    return !active || active.some(([from, to]) => x >= from && x <= to);
  }

  // Names at the right ends, pushed apart where they would overlap.
  names(plot, named) {
    const { box, ctx, theme } = plot;
    const ends = named.map(([one, text]) => ({ one, text, y: plot.y(finite(Array.from(one.values)).pop() ?? NaN) }))
      .filter(({ y }) => Number.isFinite(y)).sort((a, b) => a.y - b.y);
    ends.forEach((end, i) => {
      end.y = Math.max(end.y, i ? ends[i - 1].y + 14 : box.y + 4);
    });
    for (let i = ends.length - 1, most = box.y + box.h; i >= 0; i--, most = ends[i + 1].y - 14) {
      ends[i].y = Math.min(ends[i].y, most);
    }
    for (const { one, text, y } of ends) {
      put(ctx, theme, text, box.x + box.w + 8, y, { base: "middle", colour: this.hex(one) });
    }
  }

  draw(frame) {
    const { top, theme, picked, hover } = this.player;
    this.sheet(picked, hover);
    const { plot, area, spec } = this;
    if (!plot || spec.x.length < 2) return false;
    const x = area.x + plot.x(between(spec.x, frame));
    const { box } = plot;
    top.strokeStyle = top.fillStyle = this.now;
    top.lineWidth = 2;
    top.beginPath();
    top.moveTo(x, area.y + box.y);
    top.lineTo(x, area.y + box.y + box.h);
    top.stroke();
    for (const one of spec.series) {
      if (spec.series.length > FEW && this.weight(one) < 2) continue;
      const value = between(one.values, frame);
      if (!Number.isFinite(value)) continue;
      top.beginPath();
      top.arc(x, area.y + plot.y(value), 4.5, 0, 2 * Math.PI);
      top.fillStyle = this.hex(one);
      top.fill();
      top.strokeStyle = theme.page;
      top.lineWidth = 1.5;
      top.stroke();
    }
    return false;
  }

  // Dragging moves the time; a click on a particle's curve picks it.
  pointer(kind, event, x, y) {
    const { player, plot, area } = this;
    if (!plot || !player.time) return false;
    if (kind === "down") {
      this.from = [x, y];
      return true;
    }
    if (kind === "move" && this.from) {
      if (Math.hypot(x - this.from[0], y - this.from[1]) > 3) this.dragged = true;
      if (this.dragged) player.seek(this.timeAt(x - area.x), false);
      return true;
    }
    if (kind === "up" && this.from) {
      const near = this.dragged ? -1 : this.nearest(x, y);
      if (near >= 0) player.choose(near, event);
      else if (!this.dragged) player.seek(this.timeAt(x - area.x));
      else player.settled();
      this.from = this.dragged = null;
      return true;
    }
    if (kind === "move" || kind === "leave") player.point(kind === "leave" ? -1 : this.nearest(x, y));
    return false;
  }

  // The clock's value under a place of the time axis.
  timeAt(px) {
    const { x } = this.spec;
    const { box } = this.plot;
    const value = this.xs[0] + ((px - box.x) / box.w) * (this.xs[1] - this.xs[0]);
    const after = x.findIndex((one) => one >= value);
    if (after <= 0) return this.player.time.at(after < 0 ? x.length - 1 : 0);
    const step = x[after] - x[after - 1];
    return this.player.time.at(after - 1 + (step ? (value - x[after - 1]) / step : 0));
  }

  nearest(x, y) {
    const { spec, plot, area } = this;
    const frame = this.player.time.frame(Math.min(this.player.time.end, this.timeAt(x - area.x)));
    let [best, least] = [-1, NEAR];
    for (const { particle, values } of spec.series) {
      const far = Math.abs(area.y + plot.y(between(values, frame)) - y);
      if (particle !== null && far < least) [best, least] = [particle, far];
    }
    return best;
  }
}

// ---- bars

class Bars extends FlatPane {
  receive(spec) {
    super.receive(spec);
    this.ys = extent([0, ...spec.values]);
  }

  // Which of the particles that are here is shown.
  get row() {
    const found = this.spec.particles.findIndex((particle) => this.player.picked.has(particle));
    return Math.max(0, found);
  }

  paint(ctx) {
    const { theme, scene } = this.player;
    const [, , d] = this.spec.values.shape;
    this.plot = new Plot(ctx, theme, this.area, [0, d], this.ys);
    const { plot } = this;
    plot.axes(this.spec.axes, { numbers: false });
    plot.line([[plot.x(0), plot.y(0)], [plot.x(d), plot.y(0)]], theme.muted);
    const names = (scene.timeline && scene.timeline.names) || [];
    const text = (j) => names[j] ?? String(j + 1);
    ctx.font = `12px ${theme.font}`;
    const wide = Math.max(...Array.from({ length: d }, (_, j) => ctx.measureText(text(j)).width)) + 8;
    const every = Math.max(1, Math.ceil((wide * d) / plot.box.w));
    for (let j = 0; j < d; j += every) {
      put(ctx, theme, text(j), plot.x(j + 0.5), plot.box.y + plot.box.h + 16, { align: "center" });
    }
  }

  draw(frame) {
    const { player, spec } = this;
    const [frames, m, d] = spec.values.shape;
    if (!m) return false;
    this.setNote(`particle ${player.idOf(spec.particles[this.row])}`);
    this.sheet();
    const { plot, area } = this;
    const interval = Math.min(player.moment.interval, Math.max(0, frames - 2));
    const share = frames > 1 ? frame - interval : 0;
    const colour = role(player.theme, player.moment.phase || "code").colour;
    const wide = Math.min(36, 0.72 * (plot.box.w / d));
    const at = (f, j) => spec.values[(f * m + this.row) * d + j];
    for (let j = 0; j < d; j++) {
      const value = share ? at(interval, j) + share * (at(interval + 1, j) - at(interval, j)) : at(interval, j);
      if (!Number.isFinite(value)) continue;
      if (j === this.over) this.reading(j, value);
      const [zero, end] = [area.y + plot.y(0), area.y + plot.y(value)];
      const rectangle = [area.x + plot.x(j + 0.5) - wide / 2, Math.min(zero, end), wide, Math.abs(end - zero)];
      this.bar(rectangle, colour, !spec.active.length || Boolean(spec.active[interval * d + j]));
    }
    return false;
  }

  // The value of the bar under the pointer.
  reading(j, value) {
    const { plot, area, player: { top, theme } } = this;
    const y = Math.min(plot.y(0), plot.y(value)) - 6;
    const place = [area.x + plot.x(j + 0.5), area.y + Math.max(12, y)];
    put(top, theme, reading(value), ...place, { align: "center", colour: theme.ink });
  }

  pointer(kind, event, x) {
    if (!this.plot || (kind !== "move" && kind !== "leave")) return false;
    const [, , d] = this.spec.values.shape;
    const j = Math.floor(((x - this.area.x - this.plot.box.x) / this.plot.box.w) * d);
    const over = kind === "leave" ? -1 : j;
    if (over !== this.over) this.player.wake();
    this.over = over;
    return false;
  }

  bar([x, y, w, h], colour, active) {
    const { top } = this.player;
    top.fillStyle = top.strokeStyle = colour;
    top.lineWidth = 1.5;
    top.globalAlpha = active ? 0.85 : 1;
    if (active) top.fillRect(x, y, w, h);
    else {
      top.setLineDash([3, 2]);
      top.strokeRect(x + 0.75, y + 0.75, Math.max(0, w - 1.5), Math.max(0, h - 1.5));
      top.setLineDash([]);
    }
    top.globalAlpha = 1;
  }
}

export const create = { curves: Curves, bars: Bars, images: Images, film: Film };
