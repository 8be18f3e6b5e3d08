// One picture of the cost on a plane, at one λ: its place on the canvas, its values, and what lies on it.

import { put } from "../player/flat_pane.js";
import { role } from "../player/theme.js";
import { costOf, extent, levelsOf, shareOf, valueAt } from "./grid.js";
import { drawMark, farOf, isOff } from "./legend.js";
import { general } from "./words.js";

const MARK = 8; // css px that a mark takes to every side
const STRETCH = 3; // one unit for both axes, unless one of them is so much longer

export class Panel {
  constructor(scene, tikhonov) {
    Object.assign(this, { scene, tikhonov });
    this.shape = scene.data_term.shape;
    this.values = costOf(scene, tikhonov);
    const inside = scene.marks.filter((mark) => !isOff(scene, mark));
    this.span = extent(this.values, inside.map((mark) => this.costAt(mark)));
    this.levels = levelsOf(this.span);
  }

  // area: with the head; plot: where the plane is drawn.
  place(area, names) {
    const { a, b } = this.scene;
    this.area = area;
    this.names = names;
    const [left, top, right, bottom] = [48, 24, 6, 38]; // all panels alike, with names or without
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

  // J of a named control itself, not of its place on the grid; undefined where it is not known.
  costAt({ data_term: data, square }) {
    return Number.isFinite(data) ? data + this.tikhonov * square : undefined;
  }

  // What is known of a place or of a named control, in lines.
  lines(at, mark) {
    const { scene, tikhonov, shape } = this;
    if (mark && this.costAt(mark) !== undefined) {
      const far = isOff(scene, mark) ? [`${general(mark.off)} off this plane`] : [];
      return [
        `${mark.name}: J = ${general(this.costAt(mark))}`,
        `data term ${general(mark.data_term)}`,
        `λ‖θ‖² ${general(tikhonov * mark.square)}`,
        ...far,
      ];
    }
    const [x, y] = this.plane(at);
    const data = valueAt(scene.data_term, shape, ...at);
    const penalty = tikhonov * valueAt(scene.square, shape, ...at);
    return [
      `J = ${general(data + penalty)}`,
      `data term ${general(data)}`,
      `λ‖θ‖² ${general(penalty)}`,
      `at (${general(x)}, ${general(y)})`,
    ];
  }

  // J of the named controls, in words.
  get named() {
    const known = this.scene.marks.filter((mark) => this.costAt(mark) !== undefined);
    const words = known.map((mark) => `${general(this.costAt(mark))} at ${mark.name}`);
    return words.length ? `${this.title}: J = ${words.join(", ")}.` : "";
  }

  get title() {
    return `λ = ${general(this.tikhonov)}`;
  }

  head(ctx, theme) {
    const { area } = this;
    put(ctx, theme, this.title, area.x + 4, area.y + 15, { size: 14, bold: true, colour: theme.ink });
    const wide = ctx.measureText(this.title).width;
    const words = `J from ${general(this.span[0])}`;
    ctx.font = `12px ${theme.font}`;
    if (wide + 22 + ctx.measureText(words).width < area.w) put(ctx, theme, words, area.x + wide + 16, area.y + 15);
  }

  // The path of the training, faint and dotted where it is far from the plane; to: from the plane to the screen.
  path(ctx, theme, to) {
    const { scene: { path, path_off: off }, plot } = this;
    const count = path.length / 2;
    const far = farOf(this.scene);
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

  // Where marks and their words stand; to: from the plane to the screen.
  settle(ctx, theme, to) {
    const { plot, scene } = this;
    ctx.font = `600 12px ${theme.font}`;
    this.shown = scene.marks.map((mark) => [mark, ...to(mark.at)]).filter(([, x, y]) =>
      x >= plot.x - 1 && x <= plot.x + plot.w + 1 && y >= plot.y - 1 && y <= plot.y + plot.h + 1)
      .map(([mark, x, y]) => ({ mark, x, y }));
    this.taken = this.shown.map(({ x, y }) => [x - MARK, y - MARK, 2 * MARK, 2 * MARK]);
    for (const one of this.shown) {
      const box = this.wordAt(ctx, one);
      [one.left, one.up] = [box[0], box[1] + MARK];
      this.taken.push(box);
    }
  }

  // A free place for a mark's word: [x, y, w, h].
  wordAt(ctx, { mark, x, y }) {
    const { room } = this;
    const wide = ctx.measureText(mark.name).width;
    const left = x + 12 + wide < room.x + room.w ? x + 10 : x - 10 - wide;
    const ups = [y - 7, y + 9, y - 21, y + 23];
    const up = ups.find((at) => !this.covers(left, at - MARK, wide, 2 * MARK)) ?? ups[0];
    return [left, up - MARK, wide, 2 * MARK];
  }

  // Whether a mark or its word stands in a rectangle.
  covers(x, y, w, h) {
    return this.taken.some(([a, b, c, d]) => x < a + c && a < x + w && y < b + d && b < y + h);
  }

  // The named control under the pointer.
  markAt(x, y) {
    const far = (one) => Math.hypot(one.x - x, one.y - y);
    const near = (this.shown || []).filter((one) => far(one) <= MARK).sort((p, q) => far(p) - far(q));
    return near.length ? near[0].mark : null;
  }

  marks(ctx, theme) {
    for (const hollow of [true, false]) { // what lies in the plane stands above what is projected onto it
      const some = this.shown.filter(({ mark }) => isOff(this.scene, mark) === hollow);
      for (const { mark, x, y } of some) drawMark(ctx, theme, mark, x, y, hollow);
    }
    for (const { mark, left, up } of this.shown) {
      Object.assign(ctx, { textAlign: "left", textBaseline: "middle", strokeStyle: theme.page, lineWidth: 3.5 });
      Object.assign(ctx, { lineJoin: "round", font: `600 12px ${theme.font}` });
      ctx.strokeText(mark.name, left, up);
      put(ctx, theme, mark.name, left, up, { base: "middle", bold: true, colour: theme.ink });
    }
  }
}
