// What the pointer and the keys mean to a cloud: turn, move, zoom, point at a particle, pick it, lasso many.

import { colourFor, wordOf } from "./marks.js";
import { clamp, reading } from "./numbers.js";
import { locate } from "./points.js";

const NEAR = 10; // css px to a particle
const STEADY = 4; // css px that a click may move
const DOUBLE_MS = 260;
const MOVES = { ArrowLeft: [-12, 0], ArrowRight: [12, 0], ArrowUp: [0, -12], ArrowDown: [0, 12] };

export class Aim {
  constructor(pane) {
    this.pane = pane;
    this.held = new Map(); // pointer -> where it is
    this.mode = null;
    this.lasso = null;
    this.over = false;
    this.read = -1; // particle chosen by key, read out until the pointer moves
    this.places = new Float32Array(0);
  }

  get player() {
    return this.pane.player;
  }

  // ---- finding

  // Places of all particles as they are drawn now; null before the first draw.
  locate() {
    const { now } = this.pane;
    if (!now) return null;
    const { n } = now.points;
    if (this.places.length !== 4 * n) this.places = new Float32Array(4 * n);
    return locate(now, now.view.plot, n, null, this.places);
  }

  nearest(x, y) {
    const places = this.locate();
    if (!places || !this.pane.on("particles")) return -1;
    let [best, least] = [-1, NEAR * NEAR];
    for (let i = 0, o = 0; o < places.length; i++, o += 4) {
      if (!places[o + 3]) continue;
      const [dx, dy] = [places[o] - x, places[o + 1] - y];
      if (dx > NEAR || dx < -NEAR) continue;
      const far = dx * dx + dy * dy + 4 * (places[o + 2] + 1); // of two at one place the one in front
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  inside(path) {
    const places = this.locate();
    const found = [];
    if (!places || !this.pane.on("particles")) return found;
    for (let i = 0, o = 0; o < places.length; i++, o += 4) {
      if (!places[o + 3]) continue;
      const [x, y] = [places[o], places[o + 1]];
      let odd = false;
      for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
        const [[ax, ay], [bx, by]] = [path[a], path[b]];
        if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd;
      }
      if (odd) found.push(i);
    }
    return found;
  }

  // ---- pointer

  pointer(kind, event, x, y) {
    const act = { down: "press", move: "move", up: "release", wheel: "roll", dblclick: "reset", leave: "leave" }[kind];
    return act ? this[act](event, x, y) : false;
  }

  press(event, x, y) {
    this.held.set(event.pointerId, [x, y]);
    this.start = [x, y];
    this.moved = this.held.size > 1;
    const { pane } = this;
    const pans = event.button === 2;
    const shifts = pans || event.ctrlKey || event.metaKey || !pane.turns;
    this.mode = !pans && (event.shiftKey || pane.lassoing) ? "lasso" : shifts ? "pan" : "turn";
    this.lasso = null;
    return true;
  }

  move(event, x, y) {
    const last = this.held.get(event.pointerId);
    if (!last) return this.hover(x, y);
    if (Math.hypot(x - this.start[0], y - this.start[1]) > STEADY) this.moved = true;
    if (!this.moved) return true;
    this.held.set(event.pointerId, [x, y]);
    const [dx, dy] = [x - last[0], y - last[1]];
    const { plot } = this.pane.now.view;
    const { view: camera } = this.pane;
    if (this.held.size > 1) this.pinch(event, last, x, y);
    else if (this.mode === "lasso") (this.lasso ||= [this.start]).push([x, y]);
    else if (this.mode === "turn") camera.turn(dx, dy);
    else camera.pan(dx, this.pane.slides ? 0 : dy, plot);
    return true;
  }

  // Two fingers: what lies between them follows.
  pinch(event, last, x, y) {
    const other = [...this.held.entries()].find(([id]) => id !== event.pointerId)[1];
    const { view: camera, now, slides } = this.pane;
    const apart = ([a, b]) => Math.hypot(a - other[0], b - other[1]);
    const { plot } = now.view;
    camera.pan((x - last[0]) / 2, slides ? 0 : (y - last[1]) / 2, plot);
    const middle = [(x + other[0]) / 2, slides ? plot.y + plot.h / 2 : (y + other[1]) / 2];
    camera.magnify(apart([x, y]) / Math.max(1, apart(last)), ...middle, plot);
  }

  release(event, x, y) {
    const known = this.held.delete(event.pointerId);
    if (!known) return false;
    const path = this.lasso;
    this.lasso = null;
    if (this.held.size || event.type === "pointercancel") return true;
    if (path) this.take(this.inside(path), event.ctrlKey || event.metaKey);
    else if (!this.moved && event.button !== 2) this.click(event, x, y);
    return true;
  }

  click(event, x, y) {
    const { player, pane } = this;
    if (pane.small) {
      player.enlarge(pane);
      return;
    }
    const found = this.nearest(x, y);
    if (found >= 0) {
      player.choose(found, event);
      return;
    }
    const at = pane.spec.places && !pane.unrolled && pane.spec.dims < 3 ? pane.now.view.value(x, y) : null;
    clearTimeout(this.timer);
    // a second click would mean "reset"
    this.timer = setTimeout(() => {
      if (at) player.emit("place", { pane: pane.spec.key, at });
      else if (player.picked.size) player.pick([]);
    }, DOUBLE_MS);
  }

  take(found, adds) {
    const { player } = this;
    player.pick(adds ? [...player.picked, ...found] : found);
  }

  hover(x, y) {
    const found = this.nearest(x, y);
    this.over = true;
    this.read = -1;
    this.player.point(found);
    return false;
  }

  leave() {
    this.over = false;
    this.player.point(-1);
    return false;
  }

  // The page scrolls on until the picture has been clicked, or Ctrl is held.
  roll(event, x, y) {
    const host = event.currentTarget;
    const focused = host && host.getRootNode().activeElement === host;
    if (!event.ctrlKey && !focused) return false;
    event.preventDefault();
    this.zoom(Math.exp(-clamp(event.deltaY, -100, 100) / 300), x, y);
    return true;
  }

  zoom(factor, x, y) {
    const { view: camera, now, slides } = this.pane;
    const { plot } = now.view;
    const middle = [plot.x + plot.w / 2, plot.y + plot.h / 2];
    camera.magnify(factor, x ?? middle[0], slides ? middle[1] : y ?? middle[1], plot);
  }

  reset() {
    clearTimeout(this.timer);
    this.pane.view.reset();
    return true;
  }

  // ---- keys

  key(event) {
    const { pane, player } = this;
    if (!pane.now) return false;
    const { key } = event;
    if (event.shiftKey && key in MOVES) {
      const [dx, dy] = MOVES[key];
      if (pane.turns) pane.view.turn(dx, dy);
      else pane.view.pan(dx, pane.slides ? 0 : dy, pane.now.view.plot);
    } else if (key === "+" || key === "=") this.zoom(1.15);
    else if (key === "-") this.zoom(1 / 1.15);
    else if (key === "0") this.reset();
    else if (key === "n" || key === "N") this.next(1);
    else if (key === "p" || key === "P") this.next(-1);
    else if (key === "Escape" && (player.picked.size || this.read >= 0 || pane.lassoing)) {
      this.read = -1;
      pane.setLasso(false);
      if (player.picked.size) player.pick([]);
    } else return false;
    return true;
  }

  // The next particle that is somewhere, as pick.
  next(step) {
    const { pane, player } = this;
    const { n } = pane.now.points;
    const last = [...player.picked].pop() ?? (step > 0 ? -1 : n);
    for (let tried = 1; tried <= n; tried++) {
      const i = (((last + step * tried) % n) + n) % n;
      if (!this.values(i)) continue;
      player.pick([i]);
      this.read = i;
      this.over = false;
      player.point(-1);
      player.say(this.lines(i).join(", "));
      return;
    }
  }

  // ---- reading out

  values(i) {
    const { points, before, frame, mix } = this.pane.now;
    return points.values(i, before ? 0 : frame, before ? 0 : mix);
  }

  lines(i) {
    const { player, pane: { spec } } = this;
    const values = this.values(i);
    const word = wordOf(colourFor(player.scene.colours[player.colour], spec.key), i);
    const numbers = spec.names.map((name, j) => `${name} = ${values ? reading(values[j]) : "not finite"}`);
    const time = player.time ? player.moment.words.split(" \u00b7 ")[0] : "";
    return [`particle ${player.idOf(i)}`, word, ...numbers, time].filter(Boolean);
  }

  // On top of the picture: the lasso, and what is known of the particle under the pointer.
  draw(axes) {
    const { ctx, theme } = axes;
    const { player, pane, pane: { now, area } } = this;
    if (this.lasso) {
      ctx.beginPath();
      for (const [x, y] of this.lasso) ctx.lineTo(x, y);
      ctx.closePath();
      ctx.strokeStyle = ctx.fillStyle = theme.ink;
      ctx.setLineDash([4, 3]);
      ctx.lineWidth = 1.2;
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.globalAlpha = 0.07;
      ctx.fill();
      ctx.globalAlpha = 1;
    }
    const shown = this.over ? player.hover : this.read;
    if (shown < 0 || shown >= now.points.n || this.held.size) return;
    const picks = Uint32Array.of(shown);
    const [x, y, , near] = locate(now, now.view.plot, 1, picks, new Float32Array(4));
    const [w, h] = player.size;
    if (near) axes.note(this.lines(shown), x, y, pane.small ? { x: 0, y: 0, w, h } : area);
  }
}
