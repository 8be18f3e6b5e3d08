// Where things stand on screen: cameras (what the hand has done), and views (from data units to the screen).

import { clamp } from "./numbers.js";

const SETTLE_PER_SECOND = 8;
const TURN_PER_SECOND = 0.22;
const PERSPECTIVE = 0.13;
const START = { zoom: 1, shift: [0, 0], yaw: -0.6, pitch: 0.36, own: false };
// An unrolled plane is turned so far that its time and its two components stay apart.
const TURNED = { zoom: 1, shift: [0, 0], yaw: -0.9, pitch: 0.3, own: true };

// ---- cameras

const cameras = new WeakMap(); // player -> {id, groups}

// The camera of a group of panes of one player; another scene's begins anew.
export function cameraOf(player, group) {
  let all = cameras.get(player);
  if (!all || all.id !== player.scene.id) {
    all = { id: player.scene.id, groups: new Map() };
    cameras.set(player, all);
  }
  if (!all.groups.has(group)) all.groups.set(group, new Camera());
  return all.groups.get(group);
}

// shift: of the picture, in shares of the smaller side of the plot.
class Camera {
  constructor(start = START) {
    this.start = start;
    this.spans = new Map(); // pane -> what it wants in view
    this.range = null; // what is in view
    this.wanted = null;
    this.last = 0;
    this.reset();
  }

  reset() {
    Object.assign(this, this.start, { shift: [...this.start.shift] });
  }

  // Ranges that follow the data: they grow at once, and shrink only when half of them would be empty.
  want(pane, range, { fixed, still }) {
    this.spans.set(pane, range);
    const fresh = range.map((_, j) => {
      const pairs = [...this.spans.values()].map((span) => span[j]).filter(Boolean);
      return [Math.min(...pairs.map((p) => p[0])), Math.max(...pairs.map((p) => p[1]))];
    });
    this.wanted = fresh.map(([low, high], j) => {
      const old = this.wanted && this.wanted[j];
      if (fixed || !old || high - low < 0.5 * (old[1] - old[0])) return [low, high];
      return [Math.min(low, old[0]), Math.max(high, old[1])];
    });
    if (fixed || still || !this.range) this.range = this.wanted.map((pair) => [...pair]);
  }

  forget(pane) {
    this.spans.delete(pane);
  }

  // What moves by itself: ranges that settle, a box that nobody has turned yet. True while something does.
  move(now, turns) {
    const passed = clamp((now - this.last) / 1000, 0, 0.1);
    if (!passed) return this.moving; // another pane of the group has moved it in this frame
    this.last = now;
    this.moving = turns && !this.own;
    if (this.moving) this.yaw += TURN_PER_SECOND * passed;
    this.wanted.forEach((pair, j) =>
      pair.forEach((goal, e) => {
        const left = goal - this.range[j][e];
        const small = Math.abs(left) < 1e-3 * (pair[1] - pair[0]);
        this.range[j][e] = small ? goal : this.range[j][e] + left * (1 - Math.exp(-passed * SETTLE_PER_SECOND));
        this.moving = this.moving || !small;
      }));
    return this.moving;
  }

  turn(dx, dy) {
    this.own = true;
    this.yaw += dx / 150;
    this.pitch = clamp(this.pitch + dy / 150, -1.5, 1.5);
  }

  pan(dx, dy, plot) {
    const side = Math.min(plot.w, plot.h);
    this.own = true;
    this.shift = [this.shift[0] + dx / side, this.shift[1] + dy / side];
  }

  // What lies at (x, y) stays where it is.
  magnify(factor, x, y, plot) {
    const before = this.zoom;
    const side = Math.min(plot.w, plot.h);
    this.own = true;
    this.zoom = clamp(this.zoom * factor, 0.2, 50);
    const from = [(x - plot.x - plot.w / 2) / side, (y - plot.y - plot.h / 2) / side];
    this.shift = this.shift.map((s, j) => from[j] + ((s - from[j]) * this.zoom) / before);
  }

  state() {
    return { yaw: this.yaw, pitch: this.pitch, zoom: this.zoom, shift: [...this.shift] };
  }

  restore({ yaw, pitch, zoom, shift }) {
    Object.assign(this, { yaw, pitch, zoom, shift: [...shift], own: true });
  }
}

export const turnedCamera = () => new Camera(TURNED);

// ---- views

// A linear map of the components and of time to the clip space of a plot; columns[j] is what component j adds.
class View {
  constructor(plot, columns, time, origin) {
    Object.assign(this, { plot, columns, time, origin });
  }

  // Values to [x, y] in css px, depth (larger is farther) and size factor (0: not to be seen).
  place(values, time = 0) {
    const clip = [0, 0, 0, 0];
    for (let r = 0; r < 4; r++) {
      clip[r] = this.origin[r] + time * this.time[r];
      for (let j = 0; j < values.length; j++) clip[r] += values[j] * this.columns[j][r];
    }
    const { plot } = this;
    const w = clip[3];
    return [
      plot.x + ((clip[0] / w + 1) * plot.w) / 2,
      plot.y + ((1 - clip[1] / w) * plot.h) / 2,
      clip[2] / w,
      w > 0 ? 1 / w : 0,
    ];
  }

  // The map for quantised components: m a 4 x 4 matrix by columns. A fourth number of each point, or the third of
  // points in a plane, is time if `timed`; then `rest` is the column of a fourth number.
  matrix(quanta, at = 0, timed = false) {
    const m = new Float32Array(16);
    const rest = new Float32Array(4);
    const origin = this.origin.map((o, r) => o + at * this.time[r]);
    quanta.forEach(([low, high], j) => {
      const column = timed && j === quanta.length - 1 ? this.time : this.columns[j];
      const scale = (high - low) / 65534;
      for (let r = 0; r < 4; r++) {
        if (j < 3) m[4 * j + r] = column[r] * scale;
        else rest[r] = column[r] * scale;
        origin[r] += column[r] * (low + 32767 * scale);
      }
    });
    m.set(origin, 12);
    return { m, rest };
  }

  // The matrix of a unit square that lies over two ranges of the first two components; the third, if any, is `floor`.
  square([rx, ry], floor = 0) {
    const [x, y, z] = this.columns;
    const m = new Float32Array(16);
    for (let r = 0; r < 4; r++) {
      m[r] = x[r] * (rx[1] - rx[0]);
      m[4 + r] = y[r] * (ry[1] - ry[0]);
      m[12 + r] = this.origin[r] + x[r] * rx[0] + y[r] * ry[0] + (z ? z[r] * floor : 0);
    }
    return m;
  }
}

// A plane with the same unit on both axes; with `flat` only the first component has one, the second runs over [0, 1].
export function planeView(plot, camera, flat) {
  const [rx, ry] = [camera.range[0], flat ? [0, 1] : camera.range[1]];
  const fit = flat ? plot.w / (rx[1] - rx[0]) : Math.min(plot.w / (rx[1] - rx[0]), plot.h / (ry[1] - ry[0]));
  const unit = fit * camera.zoom;
  const side = Math.min(plot.w, plot.h);
  const cx = (rx[0] + rx[1]) / 2 - (camera.shift[0] * side) / unit;
  const cy = flat ? 0.5 : (ry[0] + ry[1]) / 2 + (camera.shift[1] * side) / unit;
  const [sx, sy] = [(2 * unit) / plot.w, flat ? 2 : (2 * unit) / plot.h];
  const view = new View(plot, [[sx, 0, 0, 0], [0, sy, 0, 0]], [0, 0, 0, 0], [-cx * sx, -cy * sy, 0, 1]);
  const [wide, tall] = [plot.w / 2 / unit, flat ? 0.5 : plot.h / 2 / unit];
  view.seen = [[cx - wide, cx + wide], [cy - tall, cy + tall]];
  view.value = (x, y) => [
    cx + (x - plot.x - plot.w / 2) / unit,
    ...(flat ? [] : [cy - (y - plot.y - plot.h / 2) / unit]),
  ];
  return view;
}

// Across, up and away of a component box seen from a camera; components in units of the largest half range.
function orbit(camera, dims) {
  const [cosY, sinY] = [Math.cos(camera.yaw), Math.sin(camera.yaw)];
  const [cosP, sinP] = [Math.cos(camera.pitch), Math.sin(camera.pitch)];
  const axes = {
    first: [cosY, sinP * sinY, cosP * sinY],
    second: [-sinY, sinP * cosY, cosP * cosY],
    upright: [0, cosP, -sinP],
  };
  if (dims === 1) return [[0, 1, 0]];
  return dims === 2 ? [axes.first, axes.upright] : [axes.first, axes.second, axes.upright];
}

function halves(range) {
  const half = range.map(([a, b]) => (b - a) / 2);
  return { half, most: Math.max(...half), middle: range.map(([a, b]) => (a + b) / 2) };
}

// Three components, seen in slight perspective, as large as they may be without being cut off, however turned.
export function spaceView(plot, camera, tight = false) {
  const { half, most, middle } = halves(camera.range);
  const reach = Math.hypot(half[0], half[1]) / most;
  const rise = Math.abs(Math.cos(camera.pitch)) * (half[2] / most) + Math.abs(Math.sin(camera.pitch)) * reach;
  const wide = Math.max(plot.w / 2 - (tight ? 12 : 50), 0.3 * plot.w);
  const size = Math.max(20, Math.min(wide / reach, (plot.h / 2 - (tight ? 12 : 26)) / rise)) * camera.zoom;
  const side = Math.min(plot.w, plot.h);
  const [ox, oy] = [(camera.shift[0] * side * 2) / plot.w, (((tight ? 0 : 8) - camera.shift[1] * side) * 2) / plot.h];
  const columns = orbit(camera, 3).map(([across, up, away]) => [
    ((2 * size * across) / plot.w + ox * PERSPECTIVE * away) / most,
    ((2 * size * up) / plot.h + oy * PERSPECTIVE * away) / most,
    (0.2 * away) / most,
    (PERSPECTIVE * away) / most,
  ]);
  const origin = [ox, oy, 0, 1].map((o, r) => o - columns.reduce((sum, column, j) => sum + column[r] * middle[j], 0));
  return new View(plot, columns, [0, 0, 0, 0], origin);
}

// Time from the left to the right, each moment's cloud standing at its time. ends: first and last time.
export function unrolledView(plot, camera, dims, ends) {
  const { half, most, middle } = halves(camera.range.slice(0, dims));
  const axes = orbit(camera, dims);
  const corner = (r) => axes.reduce((sum, axis, j) => sum + (Math.abs(axis[r]) * half[j]) / most, 0);
  const [reach, rise] = [corner(0), corner(1)];
  const size = Math.min((plot.h / 2 - 6) / rise, reach ? (0.16 * plot.w) / reach : Infinity) * camera.zoom;
  const side = Math.min(plot.w, plot.h);
  const columns = axes.map(([across, up, away]) =>
    [(2 * size * across) / plot.w, (2 * size * up) / plot.h, 0.2 * away, 0].map((v) => v / most));
  const margin = Math.min(0.22 * plot.w, size * reach + 10);
  const pace = (2 * (plot.w - 2 * margin) * camera.zoom) / plot.w / (ends[1] - ends[0] || 1);
  const start = [
    (camera.shift[0] * side * 2) / plot.w - (pace * (ends[0] + ends[1])) / 2,
    (-camera.shift[1] * side * 2) / plot.h,
    0,
    1,
  ];
  const origin = start.map((o, r) => o - columns.reduce((sum, column, j) => sum + column[r] * middle[j], 0));
  if (dims === 1) columns.push([0, 0, 0, 0]); // its place across the strip
  const view = new View(plot, columns, [pace, 0, 0, 0], origin);
  view.across = (time) => view.place(middle, time)[0];
  return view;
}
