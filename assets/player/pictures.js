// Panes of images: a mosaic at the present moment, and a film strip of all moments.

import { ease, MOVE_MS } from "./numbers.js";
import { FlatPane, put } from "./flat_pane.js";
import { mix, rgb, role } from "./theme.js";

const FAINTEST = 0.06; // black is not quite the page
const GAP = 3;
const PAIR_GAP = 18; // under an image with its input above it
const LINE = 14; // height of a line of words
const LEAST = 22; // css px a column of the film

// Greys 0 to 255 as one image of rows x columns pixels on a canvas, from the page's colour to the ink's.
class Greys {
  constructor(theme) {
    this.theme = theme;
    const [page, ink] = [rgb(theme.page), rgb(theme.ink)];
    this.table = Uint8ClampedArray.from({ length: 1024 }, (_, i) =>
      i % 4 === 3 ? 255 : mix(page, ink, FAINTEST + ((1 - FAINTEST) * (i >> 2)) / 255)[i % 4]);
  }

  draw(image, left, top, values, from, [rows, columns]) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const grey = 4 * Math.round(values[from + row * columns + column]);
        const at = 4 * ((top + row) * image.width + left + column);
        for (let c = 0; c < 4; c++) image.data[at + c] = this.table[grey + c];
      }
    }
  }
}

class PicturePane extends FlatPane {
  get greys() {
    const { theme } = this.player;
    if (!this.table || this.table.theme !== theme) this.table = new Greys(theme);
    return this.table;
  }

  // A canvas of so many pixels of images, kept from frame to frame.
  pixels(width, height) {
    this.raw ||= document.createElement("canvas");
    if (this.raw.width !== width || this.raw.height !== height) {
      this.raw.width = width;
      this.raw.height = height;
      this.image = null;
    }
    const pen = this.raw.getContext("2d");
    this.image ||= pen.createImageData(width, height);
    return { pen, image: this.image };
  }

  frame(x, y, w, h, colour, width = 2.5) {
    const { top } = this.player;
    top.strokeStyle = colour;
    top.lineWidth = width;
    top.strokeRect(x - width / 2, y - width / 2, w + width, h + width);
  }
}

// ---- all images at one moment

export class Images extends PicturePane {
  receive(spec, before) {
    super.receive(spec);
    this.from = before && this.shown ? this.shown.slice() : null;
    this.began = performance.now();
    const [, m, pixels] = spec.frames.shape;
    if (!this.shown || this.shown.length !== m * pixels) this.shown = new Float32Array(m * pixels);
  }

  // As many columns as make the images largest.
  grid() {
    const { image: [rows, columns], frames, still } = this.spec;
    const m = frames.shape[1];
    const tall = still ? 2 * rows + 1 : rows; // a pixel apart
    const gap = still ? PAIR_GAP : GAP; // below each
    let best = { across: 1, unit: 0 };
    for (let across = 1; across <= m; across++) {
      const down = Math.ceil(m / across);
      const unit = Math.min((this.area.w - GAP * across) / across / columns, (this.area.h - gap * down) / down / tall);
      if (unit > best.unit) best = { across, unit };
    }
    return { ...best, gap, m, wide: columns, tall };
  }

  values(frame, now) {
    const { frames } = this.spec;
    const [count] = frames.shape;
    const size = this.shown.length;
    const i = Math.min(Math.floor(frame), Math.max(0, count - 2));
    const share = count > 1 ? frame - i : 0;
    const passed = this.from && !this.player.still ? ease(Math.min(1, (now - this.began) / MOVE_MS)) : 1;
    for (let p = 0; p < size; p++) {
      const here = frames[i * size + p];
      const goal = share ? here + share * (frames[(i + 1) * size + p] - here) : here;
      this.shown[p] = passed < 1 ? this.from[p] + passed * (goal - this.from[p]) : goal;
    }
    return passed < 1;
  }

  draw(frame, now) {
    const { spec: { image, still }, player, area } = this;
    const moving = this.values(frame, now);
    const { across, unit, gap, m, wide, tall } = (this.cells = this.grid());
    if (!m) return false;
    const { pen, image: data } = this.pixels(wide, tall * m);
    for (let i = 0; i < m; i++) {
      const size = wide * image[0];
      if (still) this.greys.draw(data, 0, i * tall, still, i * size, image);
      this.greys.draw(data, 0, i * tall + (still ? image[0] + 1 : 0), this.shown, i * size, image);
    }
    pen.putImageData(data, 0, 0);
    const { top } = player;
    top.imageSmoothingEnabled = false;
    const [w, h] = [wide * unit, tall * unit];
    const left = area.x + Math.max(0, (area.w - across * (w + GAP) + GAP) / 2);
    this.cells.places = Array.from({ length: m }, (_, i) =>
      [left + (i % across) * (w + GAP), area.y + 1 + Math.floor(i / across) * (h + gap), w, h]);
    this.cells.places.forEach(([x, y], i) => top.drawImage(this.raw, 0, i * tall, wide, tall, x, y, w, h));
    this.frames();
    return moving;
  }

  frames() {
    const { player, spec } = this;
    spec.particles.forEach((particle, i) => {
      if (player.picked.has(particle)) this.frame(...this.cells.places[i], role(player.theme, "now").colour);
      else if (player.hover === particle) this.frame(...this.cells.places[i], player.theme.muted, 1.5);
    });
  }

  find(x, y) {
    const { places } = this.cells || {};
    const holds = ([left, top, w, h]) => x >= left && x < left + w + GAP && y >= top && y < top + h + GAP;
    const i = places ? places.findIndex(holds) : -1;
    return i < 0 ? -1 : this.spec.particles[i];
  }

  cursor(x, y) {
    return this.size === "small" ? "zoom-in" : this.find(x, y) < 0 ? "" : "pointer";
  }

  pointer(kind, event, x, y) {
    if (kind === "move" || kind === "leave") this.player.point(kind === "leave" ? -1 : this.find(x, y));
    if (kind === "down" && this.size === "small") return this.player.enlarge(this);
    if (kind !== "down" || this.find(x, y) < 0) return false;
    this.player.choose(this.find(x, y), event);
    return true;
  }
}

// ---- all moments

export class Film extends PicturePane {
  // Which columns fit, how large an image is, where they stand.
  measure() {
    const { spec: { image: [rows, columns], stills, particles }, area, player } = this;
    const [m, count] = stills.shape;
    const head = 6 + LINE * Math.max(...this.spec.heads.map((text) => text.split("\n").length));
    player.top.font = `12px ${player.theme.font}`;
    const names = particles.map((particle) => String(player.idOf(particle)));
    const left = Math.ceil(Math.max(...names.map((name) => player.top.measureText(name).width))) + 8;
    let shown = Math.min(count, Math.max(1, Math.floor((area.w - left) / LEAST)));
    if (shown < count && shown % 2 === 0) shown--; // an odd number keeps the middle: the bottleneck
    const chosen = Array.from({ length: shown }, (_, i) =>
      shown > 1 ? Math.round((i * (count - 1)) / (shown - 1)) : 0);
    const unit = Math.min((area.w - left) / shown / columns - GAP / columns, (area.h - head - 2 - GAP * m) / m / rows);
    const [w, h] = [columns * unit, rows * unit];
    const pitch = Math.min((area.w - left) / shown, Math.max(w + GAP, 1.6 * w));
    const [x, y] = [(i) => area.x + left + i * pitch, (i) => area.y + head + i * (h + GAP)];
    return { m, chosen, names, left, w, h, pitch, x, y };
  }

  paint(ctx) {
    const { spec: { image, stills }, area } = this;
    const grid = (this.strip = this.measure());
    const [rows, columns] = image;
    const count = grid.chosen.length;
    const { pen, image: data } = this.pixels(columns * count, rows * grid.m);
    const size = rows * columns;
    for (let row = 0; row < grid.m; row++) {
      grid.chosen.forEach((c, i) =>
        this.greys.draw(data, i * columns, row * rows, stills, (row * stills.shape[1] + c) * size, image));
    }
    pen.putImageData(data, 0, 0);
    ctx.imageSmoothingEnabled = false;
    for (let row = 0; row < grid.m; row++) {
      const y = grid.y(row) - area.y;
      for (let i = 0; i < count; i++) {
        ctx.drawImage(this.raw, i * columns, row * rows, columns, rows, grid.x(i) - area.x, y, grid.w, grid.h);
      }
      const { theme } = this.player;
      put(ctx, theme, grid.names[row], grid.left - 6, y + grid.h / 2, { align: "right", base: "middle" });
    }
  }

  draw() {
    const { player, spec } = this;
    if (!spec.stills.shape[0] || !spec.stills.shape[1]) return false;
    this.sheet(player.scene);
    const { strip } = this;
    const { at } = player.moment;
    const far = (i) => Math.abs(spec.at[strip.chosen[i]] - at);
    const now = strip.chosen.reduce((best, _, i) => (far(i) < far(best) ? i : best), 0);
    this.heads(now);
    const colour = role(player.theme, "now").colour;
    this.frame(strip.x(now), strip.y(0), strip.w, strip.m * (strip.h + GAP) - GAP, colour);
    spec.particles.forEach((particle, row) => {
      if (!player.picked.has(particle)) return;
      const wide = (strip.chosen.length - 1) * strip.pitch + strip.w;
      this.frame(strip.x(0), strip.y(row), wide, strip.h, player.theme.ink, 1.5);
    });
    return false;
  }

  // The present head always; the others where there is room for them.
  heads(now) {
    const { player: { top, theme }, spec, strip, area } = this;
    const taken = [];
    const order = [now, 0, strip.chosen.length - 1, ...strip.chosen.keys()];
    for (const i of new Set(order)) {
      const bold = i === now;
      const lines = spec.heads[strip.chosen[i]].split("\n");
      top.font = `${bold ? "600 " : ""}12px ${theme.font}`;
      const half = Math.max(...lines.map((line) => top.measureText(line).width)) / 2;
      const x = Math.min(Math.max(strip.x(i) + strip.w / 2, area.x + half), area.x + area.w - half);
      if (taken.some(([from, to]) => x - half < to + 6 && x + half > from - 6)) continue;
      taken.push([x - half, x + half]);
      const style = { align: "center", bold, colour: bold ? theme.ink : theme.muted };
      lines.forEach((line, row) => put(top, theme, line, x, area.y + 13 + LINE * row, style));
    }
  }

  // A click on a column goes to its time, one on a number picks its row.
  hit(x, y) {
    const { strip, area } = this;
    if (!strip || y > strip.y(strip.m)) return {};
    if (x < area.x + strip.left) {
      const row = Math.floor((y - strip.y(0)) / (strip.h + GAP));
      return row >= 0 ? { particle: this.spec.particles[row] } : {};
    }
    const column = Math.floor((x - strip.x(0) + (strip.pitch - strip.w) / 2) / strip.pitch);
    return column >= 0 && column < strip.chosen.length ? { column: strip.chosen[column] } : {};
  }

  cursor(x, y) {
    const { particle, column } = this.hit(x, y);
    return particle === undefined && column === undefined ? "" : "pointer";
  }

  pointer(kind, event, x, y) {
    if (kind !== "down") return false;
    const { particle, column } = this.hit(x, y);
    if (particle !== undefined) this.player.choose(particle, event);
    else if (column !== undefined && this.player.time) this.player.seek(this.spec.at[column]);
    return particle !== undefined || column !== undefined;
  }
}
