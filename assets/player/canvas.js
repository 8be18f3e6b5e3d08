// The pencil without WebGL (calls: gl.js). It paints pixels into a picture of its own and puts that on the canvas:
// many times faster than paths of a 2-D context, and than WebGL where that is emulated. No limit on particles.

import { CELL, colourOf, field, HEAD_SHARE, HEAD_SLOPE, SPAN } from "./marks.js";
import { clamp } from "./numbers.js";
import { locate } from "./points.js";

const BINS = 512; // of depth, far ones are painted first
const PHASES = 4; // stamps between two pixels, on each axis
const SIZES = 8; // stamps between two radii, per px
const EDGE = 0.96 * SPAN; // as far as a field is known
const pack = (red, green, blue) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

export class PlainPencil {
  constructor(canvas) {
    const ctx = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!ctx) throw new Error("no canvas");
    Object.assign(this, { canvas, ctx, masks: [], order: new Uint32Array(0) });
    this.where = this.other = new Float32Array(0); // places of points, as locate() gives them
  }

  begin(width, height, ratio, page) {
    const { canvas } = this;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h || !this.image) {
      [canvas.width, canvas.height] = [w, h];
      this.image = this.ctx.createImageData(w, h);
      this.words = new Uint32Array(this.image.data.buffer);
      this.masks = []; // their places are those of this width
    }
    Object.assign(this, { width: w, height: h, ratio, page: colourOf(page) });
    const [red, green, blue] = this.page;
    this.words.fill(pack(red, green, blue));
  }

  pane(plot) {
    const { ratio } = this;
    const [left, top] = [plot.x * ratio, plot.y * ratio];
    this.plot = { x: left, y: top, w: plot.w * ratio, h: plot.h * ratio };
    this.cut = {
      left: Math.max(0, Math.round(left)),
      top: Math.max(0, Math.round(top)),
      right: Math.min(this.width, Math.round(left + plot.w * ratio)),
      bottom: Math.min(this.height, Math.round(top + plot.h * ratio)),
    };
  }

  end() {
    this.ctx.putImageData(this.image, 0, 0);
  }

  lost() {}

  dispose() {
    this.canvas.remove();
  }

  // ---- from points to pixels

  locate(call, count, picks = null, name = "where") {
    if (this[name].length < 4 * count) this[name] = new Float32Array(8 * count);
    return locate(call, this.plot, count, picks, this[name]);
  }

  // Far before near, by counting.
  sorted(count) {
    const { where } = this;
    if (this.order.length < count) this.order = new Uint32Array(2 * count);
    const starts = new Uint32Array(BINS + 1);
    const bin = (n) => BINS - 1 - clamp(Math.floor((where[4 * n + 2] * 0.5 + 0.5) * BINS), 0, BINS - 1);
    for (let n = 0; n < count; n++) starts[bin(n) + 1]++;
    for (let i = 0; i < BINS; i++) starts[i + 1] += starts[i];
    for (let n = 0; n < count; n++) this.order[starts[bin(n)]++] = n;
    return this.order;
  }

  marks(call) {
    const { looks, tint, symbol = 0, picks, hollow, alpha, dim = 1, space, outline } = call;
    const count = picks ? picks.length : call.count;
    const where = this.locate(call, count, picks);
    const order = space ? this.sorted(count) : null;
    const radius = call.radius * this.ratio;
    const style = hollow ? 1 : 0;
    const weight = Math.round(alpha * 256);
    const [pr, pg, pb] = this.page;
    const rim = outline && pack(...outline);
    let r = 0, g = 0, b = 0, kind = symbol;
    if (tint) [r, g, b] = tint;
    for (let k = 0; k < count; k++) {
      const n = order ? order[k] : k;
      const near = where[4 * n + 3];
      if (!near) continue;
      if (!tint) {
        const i = 4 * (picks ? picks[n] : n);
        r = looks[i];
        g = looks[i + 1];
        b = looks[i + 2];
        kind = looks[i + 3];
      }
      const fade = dim * (space ? clamp(0.85 - 1.1 * where[4 * n + 2], 0.45, 1) : 1);
      const colour = pack(pr + fade * (r - pr), pg + fade * (g - pg), pb + fade * (b - pb));
      const x = where[4 * n], y = where[4 * n + 1];
      if (outline) this.stamp(kind, radius * near, style + 2, x, y, rim, weight);
      this.stamp(kind, radius * near, style, x, y, colour, weight);
    }
  }

  // style: 0 filled, 1 hollow, 2 as far as the outline around it, 3 that outline alone.
  stamp(symbol, radius, style, x, y, colour, weight) {
    const { cut, width } = this;
    const left = Math.floor(x), top = Math.floor(y);
    if (!(left >= cut.left - 99 && left < cut.right + 99 && top >= cut.top - 99 && top < cut.bottom + 99)) return;
    const size = clamp(Math.round(radius * SIZES), 2, 1023);
    const phase = Math.floor((x - left) * PHASES) + PHASES * Math.floor((y - top) * PHASES);
    const { reach, places, shares } = this.mask(symbol, size, style, phase);
    const whole = left - reach >= cut.left && left + reach < cut.right
      && top - reach >= cut.top && top + reach < cut.bottom;
    if (whole) this.blend(places, shares, top * width + left, colour, weight);
    else this.blendCut(places, shares, left, top, colour, weight);
  }

  mask(symbol, size, style, phase) {
    const family = (this.masks[4 * symbol + style] ||= []);
    return (family[16 * size + phase] ||= cover(symbol, size / SIZES, style, phase, this.ratio, this.width));
  }

  // Two channels at once: red and blue lie far enough apart in a word.
  blend(places, shares, at, colour, weight) {
    const { words } = this;
    const both = colour & 0xff00ff, green = (colour >>> 8) & 0xff;
    for (let i = 0; i < places.length; i++) {
      const o = at + places[i];
      const s = (shares[i] * weight) >> 8;
      if (s >= 255) words[o] = colour;
      else {
        const old = words[o];
        const pair = ((Math.imul(old & 0xff00ff, 256 - s) + Math.imul(both, s)) >>> 8) & 0xff00ff;
        words[o] = 0xff000000 | pair | ((((old >>> 8) & 0xff) * (256 - s) + green * s) & 0xff00);
      }
    }
  }

  blendCut(places, shares, left, top, colour, weight) {
    const { cut, width } = this;
    const at = top * width + left;
    for (let i = 0; i < places.length; i++) {
      const dy = Math.floor((places[i] + width / 2) / width);
      const [x, y] = [left + places[i] - dy * width, top + dy];
      if (x < cut.left || x >= cut.right || y < cut.top || y >= cut.bottom) continue;
      this.blend([places[i]], [shares[i]], at, colour, weight);
    }
  }

  // ---- lines

  segments({ count, p, q, looks, tint, width = 0, head = 0, alpha: [from, to] }) {
    const first = this.locate(p, count);
    const second = this.locate(q, count, null, "other");
    const [wide, long] = [width * this.ratio, head * this.ratio];
    let colour = tint ? pack(...tint) : 0;
    for (let o = 0; o < 4 * count; o += 4) {
      if (!first[o + 3] || !second[o + 3]) continue;
      if (looks) colour = pack(looks[o], looks[o + 1], looks[o + 2]);
      const ends = [first[o], first[o + 1], second[o], second[o + 1]];
      if (long) this.head(...ends, colour, long, to);
      else this.line(...ends, colour, wide, from, to);
    }
  }

  strokes(lines, tint, alpha, width = 1) {
    const { ratio } = this;
    const colour = pack(...tint);
    for (const [x, y, u, v] of lines) {
      this.line(x * ratio, y * ratio, u * ratio, v * ratio, colour, width * ratio, alpha, alpha);
    }
  }

  // Along the longer axis, a few pixels across at each step, covered by their distance from the line.
  line(x0, y0, x1, y1, colour, width, from, to) {
    const { cut, words, width: row } = this;
    const dx = x1 - x0, dy = y1 - y0;
    const length = Math.hypot(dx, dy);
    if (length < 1e-3 || !(length < 1e5)) return;
    const steep = Math.abs(dy) > Math.abs(dx);
    const u0 = steep ? y0 : x0, v0 = steep ? x0 : y0, du = steep ? dy : dx, dv = steep ? dx : dy;
    const least = steep ? cut.left : cut.top, most = (steep ? cut.right : cut.bottom) - 1;
    const early = Math.min(u0, u0 + du), late = Math.max(u0, u0 + du);
    const start = Math.max(steep ? cut.top : cut.left, Math.floor(early));
    const stop = Math.min((steep ? cut.bottom : cut.right) - 1, Math.floor(late));
    const slope = dv / du, cosine = Math.abs(du) / length;
    const half = width / 2 + 0.5, reach = half / cosine, strength = 256 * Math.min(width, 1);
    const both = colour & 0xff00ff, green = (colour >>> 8) & 0xff;
    const [across, along] = steep ? [1, row] : [row, 1];
    for (let u = start; u <= stop; u++) {
      const share = clamp((u + 0.5 - u0) / du, 0, 1);
      const middle = v0 + (u + 0.5 - u0) * slope;
      const part = Math.min(u + 1, late) - Math.max(u, early);
      const weight = (from + share * (to - from)) * Math.min(1, part) * strength;
      const end = Math.min(most, Math.floor(middle + reach));
      for (let v = Math.max(least, Math.floor(middle - reach)); v <= end; v++) {
        const s = (weight * Math.min(1, half - Math.abs(v + 0.5 - middle) * cosine)) | 0;
        if (s <= 0) continue;
        const o = u * along + v * across;
        const old = words[o];
        const pair = ((Math.imul(old & 0xff00ff, 256 - s) + Math.imul(both, s)) >>> 8) & 0xff00ff;
        words[o] = 0xff000000 | pair | ((((old >>> 8) & 0xff) * (256 - s) + green * s) & 0xff00);
      }
    }
  }

  // The head of an arrow: a triangle, its pixels covered by their distance from its sides.
  head(x0, y0, x1, y1, colour, long, alpha) {
    const { cut, width } = this;
    const far = Math.hypot(x1 - x0, y1 - y0);
    if (far < 1e-3 || !(far < 1e5)) return;
    const [dx, dy] = [(x1 - x0) / far, (y1 - y0) / far];
    const size = Math.min(long, HEAD_SHARE * far);
    const [least, most] = [Math.max(cut.left, Math.floor(x1 - size - 1)), Math.min(cut.right - 1, x1 + size + 1)];
    const bottom = Math.min(cut.bottom - 1, y1 + size + 1);
    for (let y = Math.max(cut.top, Math.floor(y1 - size - 1)); y <= bottom; y++) {
      for (let x = least; x <= most; x++) {
        const [u, v] = [x + 0.5 - x1, y + 0.5 - y1];
        const back = -(u * dx + v * dy);
        const side = HEAD_SLOPE * back - Math.abs(v * dx - u * dy);
        const share = clamp(0.5 + Math.min(side, size - back), 0, 1) * clamp(back + 0.5, 0, 1);
        if (share > 0) this.blend([0], [255 * share], y * width + x, colour, 256 * alpha);
      }
    }
  }

  // ---- density

  raster({ values, shape: [rows, columns], map: m, tint, alpha }) {
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [columns, rows];
    const pen = sheet.getContext("2d");
    const picture = pen.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      picture.data.set(tint, 4 * i);
      picture.data[4 * i + 3] = values[i] * alpha;
    }
    pen.putImageData(picture, 0, 0);
    // the picture so far goes to the canvas, the density over it, and both come back
    const { ctx, plot, cut } = this;
    const [hw, hh] = [plot.w / 2, plot.h / 2];
    const place = (x, y) => {
      const w = m[3] * x + m[7] * y + m[15];
      return [
        plot.x + hw * (1 + (m[0] * x + m[4] * y + m[12]) / w),
        plot.y + hh * (1 - (m[1] * x + m[5] * y + m[13]) / w),
      ];
    };
    ctx.putImageData(this.image, 0, 0);
    ctx.save();
    ctx.beginPath();
    ctx.rect(cut.left, cut.top, cut.right - cut.left, cut.bottom - cut.top);
    ctx.clip();
    const [o, a, b] = [place(0, 0), place(1, 0), place(0, 1)]; // perspective is slight: a parallelogram will do
    const [across, up] = [[a, columns], [b, rows]].map(([p, n]) => [(p[0] - o[0]) / n, (p[1] - o[1]) / n]);
    ctx.setTransform(...across, ...up, ...o);
    ctx.drawImage(sheet, 0, 0);
    ctx.restore();
    const wide = cut.right - cut.left, tall = cut.bottom - cut.top;
    if (wide < 1 || tall < 1) return;
    const back = new Uint32Array(ctx.getImageData(cut.left, cut.top, wide, tall).data.buffer);
    for (let y = 0; y < tall; y++) {
      this.words.set(back.subarray(y * wide, (y + 1) * wide), (cut.top + y) * this.width + cut.left);
    }
  }
}

// Shares of the pixels that a mark covers, 1 to 256, and how far they are from the pixel in which its middle lies.
function cover(symbol, radius, style, phase, ratio, width) {
  const cell = field(symbol);
  const rim = style > 1 ? 1.5 * ratio : 0;
  const line = style === 1 ? 1.25 * ratio : rim; // of what is a ring, drawn inside or outside of the shape
  const reach = Math.ceil(radius * (symbol ? SPAN : 1) + rim + 0.5);
  const [mx, my] = [((phase % PHASES) + 0.5) / PHASES, (Math.floor(phase / PHASES) + 0.5) / PHASES];
  const places = [], shares = [];
  for (let py = -reach; py <= reach; py++) {
    for (let px = -reach; px <= reach; px++) {
      const [x, y] = [(px + 0.5 - mx) / radius, (py + 0.5 - my) / radius];
      const d = (symbol ? between(cell, x, y) : Math.hypot(x, y) - 1) * radius;
      const ring = line / 2 + 0.5 - Math.abs(d + (style === 1 ? 0.4 : -0.5) * line);
      const share = Math.round(256 * clamp(style % 2 ? ring : 0.5 + rim - d, 0, 1));
      if (share < 4) continue;
      places.push(py * width + px);
      shares.push(share);
    }
  }
  return { reach, places: Int32Array.from(places), shares: Int32Array.from(shares) };
}

// Distance from the outline at a place, in radii.
function between(cell, x, y) {
  const [nx, ny] = [clamp(x, -EDGE, EDGE), clamp(y, -EDGE, EDGE)];
  const u = (nx / (2 * SPAN) + 0.5) * CELL - 0.5, v = (ny / (2 * SPAN) + 0.5) * CELL - 0.5;
  const [i, j] = [Math.floor(u), Math.floor(v)];
  const [s, t] = [u - i, v - j];
  const at = (a, b) => cell[b * CELL + a];
  const row = (b) => (1 - s) * at(i, b) + s * at(i + 1, b);
  return (128 - (1 - t) * row(j) - t * row(j + 1)) / 96 + Math.hypot(x - nx, y - ny);
}
