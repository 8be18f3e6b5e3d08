// Points of a pane as quantised arrays, and where they lie on screen.

const NOWHERE = -32768;
const MOST = 32767;

// Where each particle of a strip lies across it, 0 to 1: the golden section spreads neighbours apart, and leaves
// room below them.
const jitter = (i) => 0.22 + (0.72 * ((i * 40503) & 0xffff)) / 0x10000;

// Positions of some frames: array (frames, n, size) of int16, quanta (size) of [low, high].
export class Points {
  constructor(array, frames, size, quanta) {
    Object.assign(this, { array, frames, size, quanta, n: array.length / frames / size });
  }

  // One component gets a second one, in [0, 1]: its place across the strip, by the particle or the same for all.
  static of(array, frames, dims, quanta, across = jitter) {
    if (dims > 1) return new Points(array, frames, dims, quanta);
    const n = array.length / frames;
    const wide = new Int16Array(2 * array.length);
    for (let i = 0; i < array.length; i++) {
      wide[2 * i] = array[i];
      wide[2 * i + 1] = array[i] === NOWHERE ? NOWHERE : Math.round(across(i % n) * 2 * MOST) - MOST;
    }
    return new Points(wide, frames, 2, [quanta[0], [0, 1]]);
  }

  // An end of marks or segments for the pencil.
  end(frame, view, time = 0) {
    const { array, size, n } = this;
    return { array, size, at: frame * n, map: view.matrix(this.quanta, time) };
  }

  value(q, j) {
    const [low, high] = this.quanta[j];
    return low + ((q + MOST) / (2 * MOST)) * (high - low);
  }

  // Values of one particle between two frames; null when it is nowhere.
  values(i, frame, mix) {
    const a = (frame * this.n + i) * this.size;
    const b = (Math.min(frame + 1, this.frames - 1) * this.n + i) * this.size;
    if (this.array[a] === NOWHERE || this.array[b] === NOWHERE) return null;
    return this.quanta.map((_, j) => {
      const from = this.value(this.array[a + j], j);
      return from + mix * (this.value(this.array[b + j], j) - from);
    });
  }

  // Only some particles, all frames.
  some(ids) {
    const { array, frames, size, n } = this;
    const out = new Int16Array(frames * ids.length * size);
    let o = 0;
    for (let f = 0; f < frames; f++) {
      for (const i of ids) for (let j = 0; j < size; j++) out[o++] = array[(f * n + i) * size + j];
    }
    return new Points(out, frames, size, this.quanta);
  }

  // What is shown on the way from `before` to this, share s of it, as points of their own.
  midway(before, s) {
    const quanta = this.quanta.map((pair, j) => [
      Math.min(pair[0], before.quanta[j][0]),
      Math.max(pair[1], before.quanta[j][1]),
    ]);
    const out = new Int16Array(this.array.length);
    for (let o = 0; o < out.length; o++) {
      const j = o % this.size;
      const [p, q] = [before.array[o], this.array[o]];
      if (p === NOWHERE || q === NOWHERE) out[o] = NOWHERE;
      else {
        const value = before.value(p, j) + s * (this.value(q, j) - before.value(p, j));
        out[o] = Math.round(((value - quanta[j][0]) / (quanta[j][1] - quanta[j][0])) * 2 * MOST) - MOST;
      }
    }
    return new Points(out, this.frames, this.size, quanta);
  }
}

// Quantised places a share of the way from some to others, in the same quanta.
export function blend(from, to, share) {
  const out = new Int16Array(from.length);
  for (let o = 0; o < out.length; o++) {
    const [p, q] = [from[o], to[o]];
    out[o] = p === NOWHERE || q === NOWHERE ? NOWHERE : Math.round(p + share * (q - p));
  }
  return out;
}

// Polylines, one after the other with a gap between them: counts[i] points each.
export function chain(points, counts) {
  const { array, size, quanta } = points;
  const out = new Int16Array(array.length + counts.length * size).fill(NOWHERE);
  let [from, to] = [0, 0];
  for (const count of counts) {
    out.set(array.subarray(from, from + count * size), to);
    from += count * size;
    to += (count + 1) * size;
  }
  return new Points(out, 1, size, quanta);
}

// At most `most` of n particles, evenly; all of them: null.
const samples = new Map();
export function sample(n, most) {
  if (n <= most) return null;
  const key = `${n} ${most}`;
  if (!samples.has(key)) samples.set(key, Uint32Array.from({ length: most }, (_, i) => Math.floor((i * n) / most)));
  return samples.get(key);
}

// ---- on screen

// The map of points as rows of four: the constant, then what each component adds.
function rows({ map: { m, rest }, size }) {
  const all = new Float64Array(20);
  all.set(m.subarray(12, 16), 0);
  for (let j = 0; j < Math.min(size, 3); j++) all.set(m.subarray(4 * j, 4 * j + 4), 4 + 4 * j);
  if (size === 4) all.set(rest, 16);
  return all;
}

// Places on a plot {x, y, w, h}: x, y, depth (larger is farther) and size factor (0: not to be seen) of each of
// `count` points, four numbers each, into `out`.
export function locate({ from, to, mix }, plot, count, picks, out) {
  const [a, b] = [rows(from), rows(to)];
  const { array: xa, size, at: fa } = from;
  const { array: xb, at: fb } = to;
  const [cx, cy, hw, hh] = [plot.x + plot.w / 2, plot.y + plot.h / 2, plot.w / 2, plot.h / 2];
  const moves = mix > 0 && (xa !== xb || fa !== fb || from.map !== to.map);
  for (let n = 0; n < count; n++) {
    const i = picks ? picks[n] : n;
    const [ia, ib, o] = [(fa + i) * size, (fb + i) * size, 4 * n];
    out[o + 3] = 0;
    if (xa[ia] === NOWHERE || xb[ib] === NOWHERE) continue;
    let x = a[0], y = a[1], z = a[2], w = a[3];
    for (let j = 0, c = 4; j < size; j++, c += 4) {
      const v = xa[ia + j];
      x += a[c] * v;
      y += a[c + 1] * v;
      z += a[c + 2] * v;
      w += a[c + 3] * v;
    }
    if (moves) {
      let p = b[0], q = b[1], r = b[2], s = b[3];
      for (let j = 0, c = 4; j < size; j++, c += 4) {
        const v = xb[ib + j];
        p += b[c] * v;
        q += b[c + 1] * v;
        r += b[c + 2] * v;
        s += b[c + 3] * v;
      }
      x += mix * (p - x);
      y += mix * (q - y);
      z += mix * (r - z);
      w += mix * (s - w);
    }
    if (w <= 0) continue;
    out[o] = cx + (hw * x) / w;
    out[o + 1] = cy - (hh * y) / w;
    out[o + 2] = z / w;
    out[o + 3] = 1 / w;
  }
  return out;
}
