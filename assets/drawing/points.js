// The points of a drawing: strokes of a brush and of an eraser, each undone as one; no page, no server.

import { clamp } from "../player/numbers.js";

const UNDONE = 100; // most strokes that can be undone
const FINE = 1e4; // coordinates are kept to 1 / FINE

export class Points {
  // most: number of points; extent: the board reaches from -extent to extent.
  constructor(most, extent, random = Math.random) {
    Object.assign(this, { most, extent, random });
    this.all = []; // [x, y, class], replaced, never changed
    this.past = [];
    this.owed = 0; // points that the stroke so far has not placed yet
  }

  count(kind) {
    return this.all.reduce((sum, point) => sum + (point[2] === kind), 0);
  }

  get full() {
    return this.all.length >= this.most;
  }

  // What was kept of an earlier visit; what is no drawing is dropped.
  adopt(kept) {
    const fits = (p) => Array.isArray(p) && p.length === 3 && this.inside(p[0], p[1]) && (p[2] === 0 || p[2] === 1);
    if (Array.isArray(kept)) this.all = kept.filter(fits).slice(0, this.most);
  }

  inside(x, y) {
    return Math.abs(x) <= this.extent && Math.abs(y) <= this.extent; // not for NaN
  }

  // ---- strokes

  begin() {
    this.before = this.all;
    this.owed = 0;
  }

  // Ends a stroke; whether it changed anything.
  end() {
    const changed = this.before !== undefined && this.before !== this.all;
    if (changed) this.past = [...this.past.slice(1 - UNDONE), this.before];
    this.before = undefined;
    return changed;
  }

  // A press: a few points around a place, one of them there.
  dab([x, y], { kind, radius, density }) {
    this.put([[x, y], ...this.around(x, y, radius, Math.round(density * radius))], kind);
  }

  // On the way from one place to the next: density points for each unit of length.
  sweep(from, to, { kind, radius, density }) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    this.owed += Math.hypot(dx, dy) * density;
    const whole = Math.floor(this.owed);
    this.owed -= whole;
    const places = [];
    for (let i = 0; i < whole; i++) {
      const share = this.random();
      places.push(...this.around(from[0] + share * dx, from[1] + share * dy, radius, 1));
    }
    this.put(places, kind);
  }

  // Places spread evenly over a disc.
  around(x, y, radius, count) {
    return Array.from({ length: count }, () => {
      const [r, a] = [radius * Math.sqrt(this.random()), 2 * Math.PI * this.random()];
      return [x + r * Math.cos(a), y + r * Math.sin(a)];
    });
  }

  put(places, kind) {
    const fine = (v) => Math.round(FINE * v) / FINE;
    const fresh = places.filter(([x, y]) => this.inside(x, y)).map(([x, y]) => [fine(x), fine(y), kind]);
    if (fresh.length && !this.full) this.all = [...this.all, ...fresh].slice(0, this.most);
  }

  // Takes away what lies within a radius of the way from one place to the next.
  erase(from, to, radius) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const square = dx * dx + dy * dy;
    const left = this.all.filter(([x, y]) => {
      const [px, py] = [x - from[0], y - from[1]];
      const share = square ? clamp((px * dx + py * dy) / square, 0, 1) : 0;
      return Math.hypot(px - share * dx, py - share * dy) > radius;
    });
    if (left.length < this.all.length) this.all = left;
  }

  clear() {
    this.begin();
    if (this.all.length) this.all = [];
    return this.end();
  }

  undo() {
    if (!this.past.length) return false;
    this.all = this.past.pop();
    return true;
  }
}
