// The cloud pane: particles in one, two or three dimensions, their layers, and the view unrolled over time.
// It relies on the player: `top` is cleared and in css px, pencil.begin and end are called around the draw() of all
// panes, player.picked is a new Set after every change, player.theme a new object after a change of theme.

import { Aim } from "./aim.js";
import { arrows, tipsOf } from "./arrows.js";
import { Axes } from "./axes.js";
import { cameraOf, planeView, spaceView, turnedCamera, unrolledView } from "./camera.js";
import { make } from "./dom.js";
import * as layers from "./layers.js";
import { clamp, ease, MOVE_MS } from "./numbers.js";
import { blend, Points } from "./points.js";
import { FlatPane } from "./flat_pane.js";
import { FOOT, instants, unrolled } from "./unrolled.js";

const PATIENCE_MS = 60_000; // that a switch looks busy

export class CloudPane extends FlatPane {
  constructor(player) {
    super(player);
    this.aim = new Aim(this);
    this.made = new Map();
    this.unrolls = false;
    this.lassoing = false;
    this.pans = true; // a drag with the right button means something here
    this.asked = 0; // how often a hand has asked for layers that are missing
    this.began = -Infinity;
    this.switches = make("div", "switches", { role: "group", "aria-label": "Layers" });
    this.views = make("div", "switches views", { role: "group", "aria-label": "View" });
    this.head.append(this.switches);
  }

  // ---- data

  receive(spec, before) {
    const shown = before && this.points ? this.shown() : null;
    super.receive(spec);
    const frames = spec.positions.shape[0];
    this.points = Points.of(spec.positions, frames, spec.dims, spec.quanta);
    this.tips = tipsOf(spec);
    const ghost = (across) =>
      spec.ghost && Points.of(spec.ghost.positions, 1, spec.dims, spec.quanta, across);
    this.ghost = ghost(() => layers.ghostAcross);
    this.ends = spec.dims === 1 ? ghost() : this.ghost; // of residuals
    this.before = shown && frames === 1 && !this.player.still ? shown : null;
    this.began = this.before ? performance.now() : -Infinity;
    if (this.camera) this.camera.forget(this);
    this.camera = cameraOf(this.player, spec.group ?? spec.key);
    const fixed = Boolean(spec.fixed) || !before;
    this.camera.want(this, spec.range, { fixed, still: this.player.still });
    this.turned ||= turnedCamera(spec.dims);
    this.turned.range = this.camera.range;
    if (!before) {
      this.made.clear();
      this.flipped = new Map(); // switches that a hand has turned: name to on
      this.unrolls = false;
    }
    this.setSwitches();
  }

  // The flow between the runs of a branch, `at` a fraction of their number: drawn, not trained.
  between(at) {
    const { branch, dims, quanta } = this.spec;
    if (!branch) return;
    const [runs, frames] = branch.shape;
    const size = branch.length / runs;
    const i = clamp(Math.floor(at), 0, runs - 2);
    const [from, to] = [i, i + 1].map((run) => branch.subarray(run * size, (run + 1) * size));
    this.points = Points.of(blend(from, to, at - i), frames, dims, quanta);
  }

  show(size) {
    this.switches.hidden = size === "small";
    super.show(size);
  }

  get small() {
    return this.size === "small";
  }

  get unrolled() {
    return this.unrolls && !this.small;
  }

  // What is on screen, also on the way to it.
  shown() {
    const { points, before } = this;
    const p = this.progress(performance.now());
    return before && p < 1 ? points.midway(before, ease(p)) : points;
  }

  progress(now) {
    return clamp((now - this.began) / MOVE_MS, 0, 1);
  }

  on(name) {
    const layer = this.spec.layers.find((one) => one.name === name);
    return layer ? this.flipped.get(name) ?? layer.on : !["tails", "residuals"].includes(name);
  }

  // The camera that the hands move now.
  get view() {
    return this.unrolled ? this.turned : this.camera;
  }

  // Whether dragging turns, and whether it moves sideways only.
  get turns() {
    return this.unrolled ? this.spec.dims > 1 : this.spec.dims === 3;
  }

  // Whether the pointer that is or was down has moved.
  get moved() {
    return this.aim.moved;
  }

  get slides() {
    return !this.unrolled && this.spec.dims === 1;
  }

  // ---- head

  setSwitches() {
    const { spec } = this;
    const key = JSON.stringify([spec.layers.map(({ name, word, help }) => [name, word, help]), spec.unrolled]);
    if (key !== this.switchKey) {
      this.switchKey = key;
      this.buttons = spec.layers.map(({ name, word, help }) => this.button(word, help, () => this.flip(name)));
      const lasso = this.button("lasso", "Draw around particles to pick them (or hold Shift and drag)", () =>
        this.setLasso(!this.lassoing));
      const unroll = this.button("unrolled", "Time to the right: input, bottleneck, reconstruction side by side",
        () => this.setUnrolled(!this.unrolled));
      lasso.className = "lasso";
      Object.assign(this, { lassoButton: lasso, unrollButton: unroll });
      this.switches.replaceChildren(...this.buttons, this.views);
      this.views.replaceChildren(...(spec.unrolled ? [unroll] : []), lasso);
    }
    this.mark();
  }

  button(text, title, onclick) {
    return make("button", "", { type: "button", text, title: title || "", onclick });
  }

  mark() {
    super.mark();
    if (!this.buttons) return;
    this.buttons.forEach((button, i) => {
      const { name, missing } = this.spec.layers[i];
      button.hidden = missing ? !this.player.heard : !this.possible(name);
      button.setAttribute("aria-pressed", String(this.on(name)));
      button.setAttribute("aria-busy", String(Boolean(missing) && this.on(name) && !this.tired));
    });
    this.want();
    this.lassoButton.setAttribute("aria-pressed", String(this.lassoing));
    this.unrollButton.setAttribute("aria-pressed", String(this.unrolled));
  }

  // Whether there is something that a layer could draw.
  possible(name) {
    const { field, density, ghost, arrows: tips } = this.spec;
    const needs = { tails: this.points.frames > 1, field, density, ghost, residuals: ghost, costates: tips };
    return name in needs ? Boolean(needs[name]) : true;
  }

  flip(name) {
    const on = !this.on(name);
    for (const pane of this.alike) {
      pane.flipped.set(name, on);
      if (pane !== this) pane.changed();
    }
    if (this.on(name) && this.spec.layers.find((one) => one.name === name).missing) {
      this.asked++;
      this.rested();
    }
    this.changed();
  }

  // The panes that show the same layers: small multiples are for comparing.
  get alike() {
    const { slots } = this.player;
    return this.size ? slots.map(({ pane }) => pane).filter((pane) => pane.flipped) : [this];
  }

  rested() {
    clearTimeout(this.patience);
    this.patience = 0;
    this.tired = false;
  }

  // Layers that are on and whose data are not here are asked for, again when they are switched on again. What went
  // wrong is said by the page; the switch does not look busy for ever.
  want() {
    const names = this.spec.layers.filter(({ name, missing }) => missing && this.on(name)).map(({ name }) => name);
    if (!names.length) return;
    this.player.emit("wanted", { names, asked: this.asked });
    this.patience ||= setTimeout(() => {
      this.tired = true;
      this.mark();
    }, PATIENCE_MS);
  }

  setLasso(on) {
    this.lassoing = on;
    this.changed();
  }

  setUnrolled(on) {
    this.unrolls = on;
    this.changed();
  }

  changed() {
    this.mark();
    if (this.player.rememberPane) this.player.rememberPane(this);
    this.player.wake();
  }

  state() {
    const layers = this.spec.layers.map(({ name }) => name).filter((name) => this.on(name));
    return { ...this.view.state(), unrolled: this.unrolls, layers, flipped: Object.fromEntries(this.flipped) };
  }

  restore(state) {
    this.unrolls = Boolean(state.unrolled && this.spec.unrolled);
    this.flipped = new Map(Object.entries(state.flipped || {}));
    if (Number.isFinite(state.zoom)) this.view.restore(state);
    this.mark();
  }

  close() {
    if (this.camera) this.camera.forget(this);
    clearTimeout(this.aim.timer);
    clearTimeout(this.patience);
  }

  // ---- drawing

  get plot() {
    const { area, small, spec: { dims } } = this;
    const wide = this.unrolled ? dims === 1 : dims === 2;
    const [left, right] = wide ? (small ? [34, 4] : [50, 10]) : [8, 8];
    const bottom = this.unrolled ? FOOT : dims === 3 ? 2 : small ? 18 : 42;
    const [w, h] = [Math.max(20, area.w - left - right), Math.max(20, area.h - bottom - 4)];
    return { x: area.x + left, y: area.y + 4, w, h, left, right };
  }

  viewOn(plot) {
    const { camera, spec: { dims } } = this;
    if (this.unrolled) {
      this.turned.range = camera.range;
      return unrolledView(plot, this.turned, dims, [this.times[0], this.times[this.times.length - 1]]);
    }
    return dims === 3 ? spaceView(plot, camera, this.small) : planeView(plot, camera, dims === 1);
  }

  get times() {
    const { player, points } = this;
    if (!this.clock || this.clock.time !== player.time || this.clock.values.length !== points.frames) {
      this.clock = { time: player.time, values: Object.assign(instants(player, points.frames), { key: {} }) };
    }
    return this.clock.values;
  }

  draw(frame, clock) {
    const { player, camera, spec } = this;
    if (!this.area || !player.pencil) return false;
    const moves = camera.move(clock, spec.dims === 3 && !this.unrolled && this.idle);
    this.now = this.moment(frame, clock);
    const { now } = this;
    player.pencil.pane(now.view.plot);
    if (this.unrolled) this.drawUnrolled(now);
    else this.drawLayers(now);
    layers.chosen(now);
    layers.hovered(now);
    if (!this.unrolled) {
      for (const points of spec.points) if (this.on(points.name)) layers.spots(now, points);
      if (spec.track && this.on("track")) layers.track(now);
    }
    return moves || this.progress(clock) < 1;
  }

  // What lies over all panes.
  finish() {
    if (this.now) this.aim.draw(this.now.axes);
  }

  // Whether a box may turn by itself: what plays, while nobody points at it.
  get idle() {
    const { player } = this;
    return !player.still && !player.hands.over && !player.picked.size && (!player.time || player.clock.playing);
  }

  // Everything that the layers work with.
  moment(frame, clock) {
    const { player, points, spec } = this;
    const view = this.viewOn(this.plot);
    const k = clamp(player.moment.interval, 0, Math.max(0, points.frames - 2));
    const p = this.progress(clock);
    const before = p < 1 ? this.before : null;
    const mix = before ? ease(p) : points.frames > 1 ? clamp(frame - k, 0, 1) : 0;
    const next = Math.min(k + 1, points.frames - 1);
    const times = this.unrolled ? this.times : null;
    const to = before || points.frames === 1 ? points.end(0, view) : points.end(next, view, times ? times[next] : 0);
    const from = before ? before.end(0, view) : points.frames === 1 ? to : points.end(k, view, times ? times[k] : 0);
    return {
      pane: this, player, pencil: player.pencil, axes: new Axes(player, this.small), view, frame: k, mix, whole: frame,
      points, before, from, to,
      times, at: times ? times[k] + mix * (times[next] - times[k]) : 0,
      radius: layers.radiusOf(points.n, view.plot, this.small),
      hollow: Boolean(spec.hollow[Math.min(k, spec.hollow.length - 1)]),
      looks: player.looksIn(spec.key), picks: this.picks(), space: spec.dims === 3 && !this.unrolled,
    };
  }

  // The picked particles as numbers for the pencil, null when there are none.
  picks() {
    const { picked } = this.player;
    return layers.kept(this, "picks", [picked, this.points.n], () => {
      const some = [...picked].filter((i) => i < this.points.n);
      return some.length ? Uint32Array.from(some) : null;
    });
  }

  drawUnrolled(now) {
    unrolled(now);
    if (this.on("particles")) layers.particles(now);
  }

  drawLayers(now) {
    const { spec, camera } = this;
    const { dims } = spec;
    const names = this.small ? spec.names : spec.axes;
    if (spec.density && this.on("density")) layers.density(now);
    if (dims === 3) now.axes.box(now.view, camera.range, names);
    else if (dims === 2) now.axes.plane(now.view, names);
    else now.axes.strip(now.view, names);
    if (spec.field && dims === 2 && this.on("field")) layers.field(now);
    if (this.on("residuals")) layers.residuals(now);
    if (this.on("tails")) layers.tails(now);
    if (this.on("ghost")) layers.ghost(now);
    if (this.tips && this.on("costates")) arrows(now);
    if (this.on("particles")) layers.particles(now);
    for (const own of spec.lines) if (this.on(own.name)) layers.line(now, own);
  }

  // ---- hands

  pointer(kind, event, x, y) {
    return this.now ? this.aim.pointer(kind, event, x, y) : false;
  }

  key(event) {
    return this.aim.key(event);
  }

  cursor() {
    return this.lassoing ? "crosshair" : this.small ? "zoom-in" : this.player.hover >= 0 ? "pointer" : "grab";
  }
}
