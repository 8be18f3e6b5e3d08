// The pencil of the live particles: scales, marks, panels of points and images, legend.
// live.js follows in the same program and owns data, time and hands.

// ---- small mathematics

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

function niceTicks(low, high, most) {
  const span = high - low;
  if (!(span > 0)) return { at: [], digits: 0 };
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const digits = clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 6);
  const at = [];
  for (let i = Math.ceil(low / step); i * step <= high + 1e-9 * span; i++) at.push(i * step);
  return { at, digits };
}

function label(value, digits) {
  const size = Math.abs(value);
  const text = size >= 1e5 ? value.toExponential(0) : value.toFixed(digits);
  return (Number(text) === 0 ? (0).toFixed(digits) : text).replace("-", "\u2212");
}

// ---- marks (the symbols of the figures)

function polygon(n, turn) {
  return Array.from({ length: n }, (_, i) => {
    const a = turn + (2 * Math.PI * i) / n;
    return [Math.cos(a), Math.sin(a)];
  });
}
const STAR = polygon(10, -Math.PI / 2).map(([x, y], i) => (i % 2 ? [0.45 * x, 0.45 * y] : [1.2 * x, 1.2 * y]));
const CROSS = [[-1, -3], [1, -3], [1, -1], [3, -1], [3, 1], [1, 1], [1, 3], [-1, 3], [-1, 1], [-3, 1], [-3, -1], [-1, -1]]
  .map(([x, y]) => [0.37 * x, 0.37 * y]);
const SHAPES = {
  square: polygon(4, Math.PI / 4).map(([x, y]) => [1.15 * x, 1.15 * y]),
  diamond: polygon(4, 0).map(([x, y]) => [1.2 * x, 1.2 * y]),
  cross: CROSS,
  x: CROSS.map(([x, y]) => [0.707 * (x - y), 0.707 * (x + y)]),
  "triangle-up": polygon(3, -Math.PI / 2).map(([x, y]) => [1.2 * x, 1.2 * y]),
  "triangle-down": polygon(3, Math.PI / 2).map(([x, y]) => [1.2 * x, 1.2 * y]),
  pentagon: polygon(5, -Math.PI / 2),
  hexagon: polygon(6, 0),
  star: STAR,
  bar: [[-0.1, -2], [0.1, -2], [0.1, 2], [-0.1, 2]],
};

function trace(ctx, shape, x, y, r) {
  ctx.beginPath();
  const corners = SHAPES[shape];
  if (!corners) ctx.arc(x, y, r, 0, 2 * Math.PI);
  else {
    for (const [cx, cy] of corners) ctx.lineTo(x + r * cx, y + r * cy);
    ctx.closePath();
  }
}

// ---- panels

class Painter {
  // Colours and font of the page.
  theme() {
    const style = getComputedStyle(this.box);
    const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
    this.ink = style.color || "#222";
    this.page = read("--st-background-color", "#ffffff");
    this.lines = read("--st-border-color", "rgba(128,128,128,.4)");
    this.font = style.fontFamily || "sans-serif";
    const rgb = (this.parse(this.page).match(/[\d.]+/g) || [255, 255, 255]).map(Number);
    this.dark = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2] < 128;
    this.pageRgb = rgb;
    this.inkRgb = (this.parse(this.ink).match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  }

  parse(colour) {
    this.ctx.fillStyle = "#000";
    this.ctx.fillStyle = colour;
    const hex = /^#(..)(..)(..)$/.exec(this.ctx.fillStyle);
    return hex ? hex.slice(1).map((h) => parseInt(h, 16)).join(",") : this.ctx.fillStyle;
  }

  // One colour and one mark per particle.
  paint() {
    const { scene } = this;
    const marks = this.dark ? scene.marks.dark : scene.marks.light;
    const scale = this.dark ? scene.scale.dark : scene.scale.light;
    const most = Math.max(...scene.panels.map((p) => (p.kind === "points" ? p.goal.length / p.dims : 0)), 0);
    this.colours = new Array(most).fill(scale[scale.length >> 1]);
    this.shapes = null;
    if (scene.labels && marks.length) {
      this.colours = Array.from(scene.labels, (c) => marks[c % marks.length][0]);
      this.shapes = Array.from(scene.labels, (c) => marks[c % marks.length][1]);
    } else if (scene.hue) {
      const last = scale.length - 1;
      this.colours = Array.from(scene.hue, (h) => scale[Math.round(clamp(h, 0, 1) * last)]);
    }
    this.drawLegend(marks, scale);
  }

  drawLegend(marks, scale) {
    const { scene } = this;
    const points = scene.panels.some((p) => p.kind === "points");
    const ghost = scene.panels.find((p) => p.ghost && p.kind === "points");
    const wanted = JSON.stringify([this.ink, marks, scale, scene.names, scene.colour, !!scene.labels, ghost && ghost.dims]);
    if (wanted === this.legendKey) return;
    this.legendKey = wanted;
    const entries = [];
    const add = (mark, text) => {
      const entry = document.createElement("span");
      entry.className = "entry";
      const words = document.createElement("span");
      words.textContent = text;
      entry.append(mark, words);
      entries.push(entry);
    };
    if (points && scene.labels) scene.names.forEach((name, c) => add(this.stamp(...marks[c % marks.length]), name));
    else if (points && scene.colour) {
      const bar = document.createElement("span");
      bar.className = "bar";
      bar.style.background = `linear-gradient(90deg, ${scale.join(", ")})`;
      add(bar, scene.colour);
    }
    if (ghost) add(this.stamp(this.ink, ghost.dims === 1 ? "bar" : "circle", true), "target");
    this.legend.replaceChildren(...entries);
  }

  stamp(colour, shape, ghost = false) {
    const mark = document.createElement("canvas");
    const ratio = window.devicePixelRatio || 1;
    mark.width = mark.height = Math.round(12 * ratio);
    mark.style.width = mark.style.height = "12px";
    const ctx = mark.getContext("2d");
    ctx.scale(ratio, ratio);
    ctx.fillStyle = ctx.strokeStyle = colour;
    trace(ctx, shape, 6, 6, ghost ? 2.5 : 4.2);
    if (ghost) {
      ctx.globalAlpha = 0.6;
      ctx.stroke();
    } else ctx.fill();
    return mark;
  }

  draw() {
    if (!this.size) return;
    const { ctx } = this;
    const [width, height, ratio] = this.size;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    if (!this.scene) {
      this.write("Waiting for the first particles …", width / 2, height / 2, { align: "center", faint: true });
      return;
    }
    this.scene.panels.forEach((panel, i) => {
      const { x, y, w, h } = this.frames[i];
      this.write(panel.title, x + 2, y + 14, { size: 14, bold: true });
      if (panel.note) this.write(panel.note, x + w - 2, y + 14, { align: "right", size: 12, faint: true });
      const area = { x: x + 2, y: y + 24, w: w - 4, h: h - 26 };
      if (panel.kind === "images") this.drawImages(panel, area, i);
      else if (panel.dims === 3) this.drawSpace(panel, area);
      else this.drawPlane(panel, area);
    });
  }

  write(text, x, y, { align = "left", size = 12, bold = false, faint = false, base = "alphabetic" } = {}) {
    const { ctx } = this;
    ctx.globalAlpha = faint ? 0.78 : 1;
    ctx.fillStyle = this.ink;
    ctx.font = `${bold ? "600 " : ""}${size}px ${this.font}`;
    ctx.textAlign = align;
    ctx.textBaseline = base;
    ctx.fillText(text, x, y);
    ctx.globalAlpha = 1;
  }

  line(points, alpha = 1, colour = this.lines) {
    const { ctx } = this;
    ctx.globalAlpha = alpha;
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const [x, y] of points) ctx.lineTo(x, y);
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  mark(i, x, y, r, alpha) {
    const { ctx } = this;
    ctx.globalAlpha = alpha;
    ctx.fillStyle = this.colours[i];
    trace(ctx, this.shapes ? this.shapes[i] : "circle", x, y, r);
    ctx.fill();
  }

  // One or two components: a strip with jitter, or a plane whose units are equal on both axes.
  drawPlane(panel, area) {
    const { ctx } = this;
    const group = this.groups.get(panel.group);
    const flat = panel.dims === 1;
    const plot = { x: area.x + (flat ? 4 : 50), y: area.y, w: area.w - (flat ? 8 : 54), h: area.h - 42 };
    const [rx, ry] = [group.range[0], flat ? [0, 1] : group.range[1]];
    const middle = [(rx[0] + rx[1]) / 2, (ry[0] + ry[1]) / 2];
    const unit = (flat ? plot.w / (rx[1] - rx[0]) : Math.min(plot.w / (rx[1] - rx[0]), plot.h / (ry[1] - ry[0]))) * group.zoom;
    const cx = middle[0] - group.shift[0] / unit;
    const cy = flat ? 0 : middle[1] + group.shift[1] / unit;
    const toX = (v) => plot.x + plot.w / 2 + (v - cx) * unit;
    const toY = (v) => plot.y + plot.h / 2 - (v - cy) * unit;
    const bottom = plot.y + plot.h;
    const tx = niceTicks(cx - plot.w / 2 / unit, cx + plot.w / 2 / unit, plot.w / 60);
    for (const v of tx.at) {
      this.line([[toX(v), plot.y], [toX(v), bottom]], 0.7);
      this.write(label(v, tx.digits), toX(v), bottom + 15, { align: "center", faint: true });
    }
    this.write(panel.axes[0], plot.x + plot.w / 2, bottom + 32, { align: "center", size: 13 });
    if (!flat) {
      const ty = niceTicks(cy - plot.h / 2 / unit, cy + plot.h / 2 / unit, plot.h / 45);
      for (const v of ty.at) {
        this.line([[plot.x, toY(v)], [plot.x + plot.w, toY(v)]], 0.7);
        this.write(label(v, ty.digits), plot.x - 6, toY(v), { align: "right", base: "middle", faint: true });
      }
      ctx.save();
      ctx.translate(area.x + 11, plot.y + plot.h / 2);
      ctx.rotate(-Math.PI / 2);
      this.write(panel.axes[1], 0, 0, { align: "center", size: 13 });
      ctx.restore();
    }
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.x, plot.y, plot.w, plot.h);
    ctx.clip();
    const place = (array, i) => [
      toX(array[i * panel.dims]),
      flat ? plot.y + plot.h * (0.15 + 0.6 * ((i * 0.6180339887) % 1)) : toY(array[i * 2 + 1]),
    ];
    if (panel.ghost) {
      const n = panel.ghost.length / panel.dims;
      for (let i = 0; i < n; i++) {
        const [x, y] = place(panel.ghost, i);
        if (!flat) this.drawGhost(x, y, 2.6);
        else this.line([[x, bottom - 0.14 * plot.h], [x, bottom - 0.03 * plot.h]], 0.35, this.ink);
      }
    }
    const n = panel.now.length / panel.dims;
    for (let i = 0; i < n; i++) {
      const [x, y] = place(panel.now, i);
      if (Number.isFinite(x + y)) this.mark(i, x, y, 3.1, 0.85);
    }
    ctx.restore();
    ctx.globalAlpha = 1;
    this.line([[plot.x, bottom], [plot.x + plot.w, bottom]], 0.55, this.ink);
    if (!flat) this.line([[plot.x, plot.y], [plot.x, bottom]], 0.55, this.ink);
    panel.centre = [plot.x + plot.w / 2, plot.y + plot.h / 2];
  }

  drawGhost(x, y, r) {
    const { ctx } = this;
    ctx.globalAlpha = 0.32;
    ctx.strokeStyle = this.ink;
    ctx.lineWidth = 0.8;
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 2 * Math.PI);
    ctx.stroke();
  }

  // Three components: a box in slight perspective, axes on its outer edges.
  drawSpace(panel, area) {
    const group = this.groups.get(panel.group);
    const { ctx } = this;
    const middle = group.range.map(([a, b]) => (a + b) / 2);
    const half = group.range.map(([a, b]) => (b - a) / 2);
    const most = Math.max(...half);
    const [cosY, sinY, cosP, sinP] = [Math.cos(group.yaw), Math.sin(group.yaw), Math.cos(group.pitch), Math.sin(group.pitch)];
    const cx = area.x + area.w / 2;
    const cy = area.y + area.h / 2 - 18;
    // As large as it may be without being cut off, however it is turned.
    const reach = Math.hypot(half[0], half[1]) / most;
    const rise = Math.abs(cosP) * (half[2] / most) + Math.abs(sinP) * reach;
    const size = Math.min((area.w / 2 - 50) / reach, (area.h / 2 - 18) / rise) * group.zoom;
    const project = (a, b, c) => {
      const [u, v, w] = [(a - middle[0]) / most, (b - middle[1]) / most, (c - middle[2]) / most];
      const across = cosY * u - sinY * v;
      const away = sinY * u + cosY * v;
      const depth = cosP * away - sinP * w; // larger is farther
      const near = 1 / (1 + 0.13 * depth);
      return [cx + size * near * across, cy - size * near * (cosP * w + sinP * away), depth, near];
    };
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.x - 2, area.y, area.w + 4, area.h + 2);
    ctx.clip();
    this.drawBox(panel, group, project, [cx, cy]);
    if (panel.ghost) {
      for (let i = 0; i < panel.ghost.length; i += 3) {
        const [x, y] = project(panel.ghost[i], panel.ghost[i + 1], panel.ghost[i + 2]);
        this.drawGhost(x, y, 2);
      }
    }
    const n = panel.now.length / 3;
    const places = [];
    for (let i = 0; i < n; i++) {
      const at = project(panel.now[3 * i], panel.now[3 * i + 1], panel.now[3 * i + 2]);
      if (Number.isFinite(at[0] + at[1]) && at[3] > 0) places.push([i, ...at]);
    }
    places.sort((a, b) => b[3] - a[3]);
    for (const [i, x, y, depth, near] of places) this.mark(i, x, y, 3 * near, clamp(0.8 - 0.22 * depth, 0.4, 0.95));
    ctx.restore();
    ctx.globalAlpha = 1;
  }

  drawBox(panel, group, project, centre) {
    const end = (j, side) => group.range[j][side];
    const corner = (s) => project(end(0, s[0]), end(1, s[1]), end(2, s[2]));
    for (let j = 0; j < 3; j++) {
      const [k, l] = [0, 1, 2].filter((m) => m !== j);
      let best = null;
      for (const [sk, sl] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        const low = [0, 0, 0], high = [0, 0, 0];
        low[k] = high[k] = sk;
        low[l] = high[l] = sl;
        high[j] = 1;
        const [a, b] = [corner(low), corner(high)];
        this.line([a, b], 0.75);
        // The outermost edge carries the axis: the lowest on screen, for the upright one the leftmost.
        const rank = j === 2 ? -(a[0] + b[0]) : a[1] + b[1];
        if (!best || rank > best.rank) best = { rank, a, b, sk, sl };
      }
      this.drawAxis(panel, group, project, centre, j, k, l, best);
    }
  }

  drawAxis(panel, group, project, centre, j, k, l, edge) {
    this.line([edge.a, edge.b], 0.6, this.ink);
    const length = Math.hypot(edge.a[0] - edge.b[0], edge.a[1] - edge.b[1]);
    const mid = [(edge.a[0] + edge.b[0]) / 2, (edge.a[1] + edge.b[1]) / 2];
    let [dx, dy] = [-(edge.b[1] - edge.a[1]) / (length || 1), (edge.b[0] - edge.a[0]) / (length || 1)];
    if (dx * (mid[0] - centre[0]) + dy * (mid[1] - centre[1]) < 0) [dx, dy] = [-dx, -dy];
    const align = dx > 0.5 ? "left" : dx < -0.5 ? "right" : "center";
    const style = { align, base: "middle", size: 11, faint: true };
    const low = group.range[j][0], high = group.range[j][1];
    const ticks = niceTicks(low, high, clamp(length / 34, 1, 4));
    if (length > 26) {
      for (const v of ticks.at) {
        const at = [0, 0, 0];
        at[j] = v;
        at[k] = group.range[k][edge.sk];
        at[l] = group.range[l][edge.sl];
        const [x, y] = project(...at);
        this.line([[x, y], [x + 4 * dx, y + 4 * dy]], 0.6, this.ink);
        this.write(label(v, ticks.digits), x + 8 * dx, y + 10 * dy, style);
      }
    }
    const far = align === "center" ? 24 : 32;
    this.write(panel.axes[j], mid[0] + far * dx, mid[1] + far * dy, { align, base: "middle", size: 13 });
  }

  // Pictures in a grid, the same ones at the same place in every panel.
  drawImages(panel, area, index) {
    const { ctx } = this;
    const [rows, columns] = panel.image;
    const n = panel.now.length / (rows * columns);
    let across = 1, cell = 0;
    for (let c = 1; c <= n; c++) {
      const fits = Math.min(area.w / c / columns, area.h / Math.ceil(n / c) / rows);
      if (fits > cell) [across, cell] = [c, fits];
    }
    const down = Math.ceil(n / across);
    const [w, h] = [across * (columns + 1) - 1, down * (rows + 1) - 1];
    let sheet = this.offscreen.get(index);
    if (!sheet || sheet.width !== w || sheet.height !== h) {
      sheet = document.createElement("canvas");
      [sheet.width, sheet.height] = [w, h];
      this.offscreen.set(index, sheet);
    }
    const pen = sheet.getContext("2d");
    const image = pen.createImageData(w, h);
    const [paper, ink] = [this.pageRgb, this.inkRgb];
    for (let i = 0; i < n; i++) {
      const left = (i % across) * (columns + 1), top = Math.floor(i / across) * (rows + 1);
      for (let p = 0; p < rows * columns; p++) {
        const grey = clamp(panel.now[i * rows * columns + p] / 255, 0, 1);
        const at = 4 * ((top + Math.floor(p / columns)) * w + left + (p % columns));
        for (let c = 0; c < 3; c++) image.data[at + c] = paper[c] + (0.06 + 0.94 * grey) * (ink[c] - paper[c]);
        image.data[at + 3] = 255;
      }
    }
    pen.putImageData(image, 0, 0);
    const scale = Math.min(area.w / w, area.h / h);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(sheet, area.x + (area.w - scale * w) / 2, area.y, scale * w, scale * h);
  }
}
