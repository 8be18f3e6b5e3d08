// One picture of the cost on a plane, at one λ: its place on the canvas, its values, and what lies on it.

import { trace } from "../player/marks.js";
import { reading } from "../player/numbers.js";
import { put } from "../player/sheet.js";
import { role } from "../player/theme.js";
import { costOf, extent, levelsOf, shareOf, valueAt } from "./grid.js";

const WIDE = 260; // css px from which a mark says how far it is from the plane
const STRETCH = 3; // one unit for both axes, unless one of them is so much longer

export class Panel {
  constructor(scene, tikhonov) {
    Object.assign(this, { scene, tikhonov });
    this.shape = scene.data_term.shape;
    this.values = costOf(scene, tikhonov);
    this.span = extent(this.values);
    this.levels = levelsOf(this.span);
  }

  // area: with the head; plot: where the plane is drawn.
  place(area, names) {
    const { a, b } = this.scene;
    this.area = area;
    this.names = names;
    const [left, top, right, bottom] = [names[1] ? 44 : 40, 24, 6, names[0] ? 38 : 20];
    const [w, h] = [area.w - left - right, area.h - top - bottom];
    const wide = a[a.length - 1] - a[0], tall = b[b.length - 1] - b[0];
    const even = Math.max(wide / tall, tall / wide) < STRETCH;
    const unit = Math.min(w / wide, h / tall);
    const [pw, ph] = even ? [unit * wide, unit * tall] : [w, h];
    this.plot = { x: area.x + left + (w - pw) / 2, y: area.y + top, w: pw, h: ph };
    this.room = { x: area.x, y: area.y + top, w: area.w, h: area.h - top };
  }

  share(value) {
    return shareOf(value, this.span);
  }

  // From the plane to steps of the grid.
  steps([x, y]) {
    const { a, b } = this.scene;
    const along = (line, v) => ((v - line[0]) / (line[line.length - 1] - line[0])) * (line.length - 1);
    return [along(a, x), along(b, y)];
  }

  // The place on the plane of steps of the grid.
  plane([i, j]) {
    const { a, b } = this.scene;
    const along = (line, step) => line[0] + (step / (line.length - 1)) * (line[line.length - 1] - line[0]);
    return [along(a, i), along(b, j)];
  }

  screen([i, j]) {
    const { plot, shape: [rows, columns] } = this;
    return [plot.x + (i / (columns - 1)) * plot.w, plot.y + (1 - j / (rows - 1)) * plot.h];
  }

  find(x, y) {
    const { plot, shape: [rows, columns] } = this;
    const at = [((x - plot.x) / plot.w) * (columns - 1), (1 - (y - plot.y) / plot.h) * (rows - 1)];
    return at[0] >= 0 && at[1] >= 0 && at[0] <= columns - 1 && at[1] <= rows - 1 ? at : null;
  }

  height([i, j]) {
    return valueAt(this.values, this.shape, i, j);
  }

  // What is known of a place, in lines.
  lines(at) {
    const { scene, tikhonov, shape } = this;
    const [x, y] = this.plane(at);
    const data = valueAt(scene.data_term, shape, ...at);
    const penalty = tikhonov * valueAt(scene.square, shape, ...at);
    return [
      `J = ${reading(data + penalty)}`,
      `data term ${reading(data)}`,
      `λ‖θ‖² ${reading(penalty)}`,
      `at (${reading(x)}, ${reading(y)})`,
    ];
  }

  get title() {
    return `λ = ${reading(this.tikhonov)}`;
  }

  head(ctx, theme) {
    const { area } = this;
    put(ctx, theme, this.title, area.x + 4, area.y + 15, { size: 14, bold: true, colour: theme.ink });
    const wide = ctx.measureText(this.title).width;
    const words = `J from ${reading(this.span[0])}`;
    ctx.font = `12px ${theme.font}`;
    if (wide + 22 + ctx.measureText(words).width < area.w) put(ctx, theme, words, area.x + wide + 16, area.y + 15);
  }

  // The path of the training, faint and dotted where it is far from the plane; to: from the plane to the screen.
  path(ctx, theme, to) {
    const { scene: { path, path_off: off, a }, plot } = this;
    const count = path.length / 2;
    const far = (a[a.length - 1] - a[0]) / 2;
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.x, plot.y - 1, plot.w, plot.h + 2);
    ctx.clip();
    ctx.strokeStyle = ctx.fillStyle = role(theme, "decoder").colour;
    ctx.lineWidth = 2;
    for (let i = 0; i < count; i++) {
      const away = off[i] > far;
      const [x, y] = to([path[2 * i], path[2 * i + 1]]);
      ctx.globalAlpha = away ? 0.55 : 1;
      if (i) {
        ctx.setLineDash(away ? [2, 4] : []);
        ctx.beginPath();
        ctx.moveTo(...to([path[2 * i - 2], path[2 * i - 1]]));
        ctx.lineTo(x, y);
        ctx.stroke();
      }
      ctx.beginPath();
      ctx.arc(x, y, 2.2, 0, 2 * Math.PI);
      ctx.fill();
    }
    ctx.restore();
  }

  marks(ctx, theme, to) {
    const { plot, scene: { marks } } = this;
    this.taken = []; // where words stand
    for (const { name, role: kind, at, off } of marks) {
      const [x, y] = to(at);
      if (x < plot.x - 1 || x > plot.x + plot.w + 1 || y < plot.y - 1 || y > plot.y + plot.h + 1) continue;
      const { colour, symbol } = role(theme, kind);
      trace(ctx, symbol, x, y, 6);
      ctx.setLineDash([]);
      Object.assign(ctx, { fillStyle: colour, strokeStyle: theme.page, lineWidth: 1.5 });
      ctx.fill();
      ctx.stroke();
      this.word(ctx, theme, off > 0 && plot.w > WIDE ? `${name} (off by ${reading(off)})` : name, x, y);
    }
  }

  word(ctx, theme, text, x, y) {
    const { room } = this;
    ctx.font = `600 12px ${theme.font}`;
    const wide = ctx.measureText(text).width;
    const right = x + 12 + wide < room.x + room.w;
    const left = right ? x + 10 : x - 10 - wide;
    const free = (up) => this.taken.every(([a, b, w]) => Math.abs(b - up) > 13 || a > left + wide || left > a + w);
    const up = [y - 7, y + 9, y - 21, y + 23].find(free) ?? y - 7;
    this.taken.push([left, up, wide]);
    Object.assign(ctx, { textAlign: "left", textBaseline: "middle", strokeStyle: theme.page, lineWidth: 3.5 });
    ctx.lineJoin = "round";
    ctx.strokeText(text, left, up);
    put(ctx, theme, text, left, up, { base: "middle", bold: true, colour: theme.ink });
  }
}
