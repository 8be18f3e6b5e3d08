// The law of moving particles at any moment: they are moved first, then counted in cells, then smoothed. A mean of the
// densities of two frames would be the law of no particles: mass would fade in one place and appear in another.

import { frameAt, placesOf } from "./clock.js";

const NOWHERE = -32768;
const MOST = 32767;
const LEAST = 0.6; // bandwidth in cells: what lies in one point still is a mark
const REACH = 4; // bandwidths after which a particle's mass is cut off

export class Law {
  // positions (frames, n, axes) of int16 within quanta, masses (n) or null, times of the frames, range and number of
  // cells on each axis, mass of the darkest cell, whether counts are smoothed.
  constructor({ positions, quanta, masses, times, range, bins, most, smooth }) {
    const [, n, axes] = positions.shape;
    Object.assign(this, { positions, masses, n, axes, bins, most, smooth, places: placesOf(times) });
    this.columns = bins[0];
    this.rows = bins[1] || 1;
    // places in cells: first + step · quantum
    this.cells = range.map(([low, high], j) => {
      const [from, to] = quanta[j];
      const step = ((to - from) / (2 * MOST) / (high - low)) * bins[j];
      return { step, first: ((from - low) / (high - low)) * bins[j] + MOST * step };
    });
    this.mass = new Float64Array(this.rows * this.columns);
    this.levels = new Uint8Array(this.rows * this.columns);
  }

  // Levels 0 to 255 of the cells at a place of the clock, rows from below.
  at(at) {
    if (this.last === at) return this.levels;
    const { mass, levels, most } = this;
    this.last = at;
    this.massAt(at);
    // the square root: the bottleneck gathers all mass on a line, and the rest would vanish beside it
    for (let i = 0; i < mass.length; i++) levels[i] = Math.round(255 * Math.sqrt(Math.min(1, mass[i] / most)));
    return levels;
  }

  // Mass per cell; what lies beside the cells has none.
  massAt(at) {
    const { mass, rows, columns, smooth } = this;
    mass.fill(0);
    const found = this.count(frameAt(this.places, at));
    if (!smooth) return mass;
    const widths = this.bandwidths(found);
    blur(mass, rows, columns, 1, columns, widths[0]);
    if (rows > 1) blur(mass, columns, rows, columns, 1, widths[1]);
    return mass;
  }

  // Counts the particles where they are at a frame; how many are inside, and their moments in cells.
  count(frame) {
    const { positions, masses, n, axes, cells: [across, up], mass, rows, columns } = this;
    const k = Math.min(Math.floor(frame), positions.shape[0] - 1);
    const next = Math.min(k + 1, positions.shape[0] - 1);
    const mix = frame - k;
    const [a, b] = [k * n * axes, next * n * axes];
    const all = { inside: 0, sums: [0, 0], squares: [0, 0] };
    for (let i = 0, o = 0; i < n; i++, o += axes) {
      const [p, q] = [positions[a + o], positions[b + o]];
      if (p === NOWHERE || (mix && q === NOWHERE)) continue;
      const x = across.first + across.step * (p + mix * (q - p));
      if (!(x >= 0 && x <= columns)) continue;
      let y = 0;
      if (up) {
        const r = positions[a + o + 1];
        y = up.first + up.step * (r + mix * (positions[b + o + 1] - r));
        if (!(y >= 0 && y <= rows)) continue;
      }
      const cell = Math.min(Math.floor(y), rows - 1) * columns + Math.min(Math.floor(x), columns - 1);
      mass[cell] += masses ? masses[i] : 1 / n;
      all.inside++;
      const [u, v] = [x - columns / 2, y - rows / 2];
      all.sums[0] += u;
      all.sums[1] += v;
      all.squares[0] += u * u;
      all.squares[1] += v * v;
    }
    return all;
  }

  // Scott's rule on each axis, in cells; the same as in autoencode_core/analysis/flow/law.py.
  bandwidths({ inside, sums, squares }) {
    const n = Math.max(1, inside);
    const shrinks = n ** (-1 / (this.axes + 4));
    return sums.map((sum, j) => Math.max(LEAST, Math.sqrt(Math.max(0, squares[j] / n - (sum / n) ** 2)) * shrinks));
  }
}

// Smooths `lines` lines of `size` numbers by a Gaussian; at the ends mass is reflected, so that none is lost.
function blur(values, lines, size, step, jump, width) {
  const reach = Math.floor(REACH * width + 0.5);
  const kernel = Float64Array.from({ length: reach + 1 }, (_, i) => Math.exp(-0.5 * (i / width) ** 2));
  const whole = 2 * kernel.reduce((sum, one) => sum + one, 0) - kernel[0];
  const line = new Float64Array(size + 2 * reach);
  const from = Int32Array.from(line, (_, i) => {
    const j = (((i - reach) % (2 * size)) + 2 * size) % (2 * size);
    return j < size ? j : 2 * size - 1 - j;
  });
  for (let l = 0; l < lines; l++) {
    let some = 0;
    for (let i = 0; i < line.length; i++) some += line[i] = values[l * jump + from[i] * step];
    if (!some) continue;
    for (let i = 0; i < size; i++) {
      let sum = kernel[0] * line[i + reach];
      for (let r = 1; r <= reach; r++) sum += kernel[r] * (line[i + reach - r] + line[i + reach + r]);
      values[l * jump + i * step] = sum / whole;
    }
  }
}
