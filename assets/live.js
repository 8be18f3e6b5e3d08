// Live particles: up to three panels (input, code, reconstruction) on one canvas.
// Data: uint32 length of a JSON header, the header padded to 4 bytes, then the arrays it names.
// New data move the particles to their new places; zoom, turn and shift stay. live_draw.js comes first.

const MOVE_MS = 250;
const TURN_PER_SECOND = 0.22;
const GAP = 14;
const ease = (p) => p * p * (3 - 2 * p);
const views = new WeakMap();
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

export default function (component) {
  const { data, parentElement } = component;
  let view = views.get(parentElement);
  if (!view) {
    view = new View(parentElement);
    views.set(parentElement, view);
  }
  view.receive(data);
  return () => {
    view.close();
    views.delete(parentElement);
  };
}

// ---- data

function decode(data) {
  if (!(data instanceof Uint8Array) || data.length < 4) return null;
  const bytes = data.slice(); // its own offset is odd, typed arrays want a multiple of 4
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const start = 4 + length;
  const take = (ref) =>
    ref && new (ref.kind === "u1" ? Uint8Array : Float32Array)(bytes.buffer, start + ref.at, ref.size);
  for (const panel of header.panels) {
    panel.goal = Float32Array.from(take(panel.array));
    panel.ghost = take(panel.ghost);
  }
  header.hue = take(header.hue);
  header.labels = take(header.labels);
  return header;
}

// Smallest and largest of a component; all of a fixed array, nearly all of a moving one.
function extent(array, dims, j, share) {
  const values = [];
  for (let i = j; i < array.length; i += dims) if (Number.isFinite(array[i])) values.push(array[i]);
  if (!values.length) return null;
  values.sort((a, b) => a - b);
  const cut = Math.floor(values.length * share);
  return [values[cut], values[values.length - 1 - cut]];
}

// ---- the view

class View extends Painter {
  constructor(root) {
    super();
    this.box = root.querySelector(".live");
    this.canvas = root.querySelector(".stage");
    this.legend = root.querySelector(".legend");
    this.hint = root.querySelector(".hint");
    this.count = root.querySelector(".count");
    this.count.textContent = " ";
    this.ctx = this.canvas.getContext("2d");
    this.groups = new Map(); // ranges and camera, shared by the panels of one space
    this.offscreen = new Map();
    this.frame = 0;
    this.listen();
  }

  receive(data) {
    this.theme();
    const scene = decode(data);
    if (!scene) {
      this.scene = null;
      this.canvas.setAttribute("aria-label", "Waiting for the first particles");
      this.fit();
      return;
    }
    const shape = JSON.stringify(scene.panels.map((p) => [p.kind, p.dims, p.group, p.goal.length, p.axes]));
    const before = this.shape === shape && this.scene ? this.scene.panels : null;
    if (this.shape !== shape) this.groups.clear();
    this.shape = shape;
    scene.panels.forEach((panel, i) => {
      panel.from = before ? before[i].now.slice() : panel.goal;
      panel.now = panel.from.slice();
    });
    this.began = still.matches || !before ? -Infinity : performance.now();
    this.scene = scene;
    this.measure();
    this.paint();
    this.tell();
    this.fit();
  }

  // Words beside the picture.
  tell() {
    const { scene } = this;
    this.canvas.setAttribute("aria-label", scene.alt);
    this.count.firstChild.data = scene.caption; // a new text node at every update would be a removal
    const turn = scene.panels.some((p) => p.kind === "points" && p.dims === 3);
    const points = scene.panels.some((p) => p.kind === "points");
    const hint = points ? `Drag to ${turn ? "turn" : "move"} · click, then scroll to zoom · double-click to reset` : "";
    if (this.hint.textContent !== hint) this.hint.textContent = hint;
  }

  // Ranges: they grow as soon as something leaves them, and shrink only when half of them is empty.
  measure() {
    for (const panel of this.scene.panels) {
      if (panel.kind !== "points") continue;
      let group = this.groups.get(panel.group);
      if (!group) {
        group = { zoom: 1, shift: [0, 0], yaw: -0.6, pitch: 0.36, own: false, wanted: [], range: null };
        this.groups.set(panel.group, group);
      }
      group.fresh = [];
    }
    for (const panel of this.scene.panels) {
      if (panel.kind !== "points") continue;
      const { fresh } = this.groups.get(panel.group);
      for (let j = 0; j < panel.dims; j++) {
        const found = [extent(panel.goal, panel.dims, j, panel.moves ? 0.002 : 0)];
        if (panel.ghost) found.push(extent(panel.ghost, panel.dims, j, 0));
        for (const pair of found) {
          if (!pair) continue;
          const old = fresh[j] || [Infinity, -Infinity];
          fresh[j] = [Math.min(old[0], pair[0]), Math.max(old[1], pair[1])];
        }
        fresh[j] = fresh[j] || [-1, 1]; // nothing finite
      }
    }
    for (const group of this.groups.values()) {
      (group.fresh || []).forEach((pair, j) => {
        const span = Math.max(pair[1] - pair[0], 1e-6 * Math.max(1, Math.abs(pair[0])), 1e-9);
        const roomy = [pair[0] - 0.1 * span, pair[1] + 0.1 * span];
        const old = group.wanted[j];
        if (!old || span < 0.5 * (old[1] - old[0])) group.wanted[j] = roomy;
        else group.wanted[j] = [pair[0] < old[0] ? roomy[0] : old[0], pair[1] > old[1] ? roomy[1] : old[1]];
      });
      if (!group.range || still.matches) group.range = group.wanted.map((pair) => pair.slice());
    }
  }

  // ---- size and time

  fit() {
    const width = this.box.clientWidth;
    if (!width) return;
    const n = this.scene ? this.scene.panels.length : 3;
    const tall = this.scene ? this.scene.height : 320;
    const stacked = width < 190 * n;
    const height = stacked ? n * Math.min(tall, Math.max(220, Math.round(0.75 * width))) : tall;
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.height = `${height}px`;
    }
    this.frames = Array.from({ length: n }, (_, i) =>
      stacked
        ? { x: 0, y: (i * height) / n, w: width, h: height / n - GAP }
        : { x: (i * (width + GAP)) / n, y: 0, w: (width + GAP) / n - GAP, h: height });
    this.size = [width, height, ratio];
    this.draw();
    this.wake();
  }

  wake() {
    if (!this.frame && !this.hidden) {
      this.last = performance.now();
      this.frame = requestAnimationFrame((now) => this.step(now));
    }
  }

  step(now) {
    this.frame = 0;
    if (!this.scene || !this.frames) return;
    const passed = clamp((now - this.last) / 1000, 0, 0.1);
    let moving = this.move(now);
    for (const group of this.groups.values()) {
      group.wanted.forEach((pair, j) =>
        pair.forEach((goal, e) => {
          const left = goal - group.range[j][e];
          const small = Math.abs(left) < 1e-3 * (pair[1] - pair[0]);
          group.range[j][e] = small ? goal : group.range[j][e] + left * (1 - Math.exp(-passed * 8));
          moving = moving || !small;
        }));
    }
    if (!still.matches && !this.held) {
      for (const panel of this.scene.panels) {
        const group = this.groups.get(panel.group);
        if (panel.kind !== "points" || panel.dims !== 3 || group.own || group.turned === now) continue;
        group.turned = now;
        group.yaw += TURN_PER_SECOND * passed;
        moving = true;
      }
    }
    this.draw();
    if (moving) this.wake();
    this.last = now;
  }

  move(now) {
    const p = clamp((now - this.began) / MOVE_MS, 0, 1);
    const s = ease(p);
    for (const { from, goal, now: place } of this.scene.panels) {
      if (p === 1) place.set(goal);
      else for (let i = 0; i < goal.length; i++) place[i] = from[i] + s * (goal[i] - from[i]);
    }
    return p < 1;
  }

  // ---- hands

  listen() {
    const stop = new AbortController();
    this.stop = stop;
    const on = (target, name, act, more = {}) => target.addEventListener(name, act, { signal: stop.signal, ...more });
    const { canvas } = this;
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.box);
    this.watch = new IntersectionObserver(([entry]) => {
      this.hidden = !entry.isIntersecting;
      if (!this.hidden) this.wake();
    });
    this.watch.observe(canvas);
    on(still, "change", () => this.wake());
    on(canvas, "pointerdown", (event) => {
      const hit = this.at(event);
      if (!hit) return;
      this.held = { ...hit, x: event.clientX, y: event.clientY };
      canvas.setPointerCapture(event.pointerId);
    });
    on(canvas, "pointermove", (event) => {
      if (!this.held) return;
      this.drag(this.held, event.clientX - this.held.x, event.clientY - this.held.y);
      this.held.x = event.clientX;
      this.held.y = event.clientY;
    });
    for (const name of ["pointerup", "pointercancel"]) {
      on(canvas, name, () => {
        this.held = null;
        this.wake();
      });
    }
    on(canvas, "dblclick", (event) => this.reset(this.at(event)));
    // The page scrolls on until the picture has been clicked, or Ctrl is held.
    on(canvas, "wheel", (event) => {
      const hit = this.at(event);
      if (!hit || !(event.ctrlKey || canvas.getRootNode().activeElement === canvas)) return;
      event.preventDefault();
      const [cx, cy] = hit.panel.centre || [hit.x, hit.y];
      this.zoom(hit.group, Math.exp(-clamp(event.deltaY, -100, 100) / 300), [hit.x - cx, hit.y - cy]);
    }, { passive: false });
    on(canvas, "keydown", (event) => this.key(event));
  }

  at(event) {
    if (!this.scene || !this.frames) return null;
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const i = this.frames.findIndex((f) => x >= f.x && x <= f.x + f.w && y >= f.y && y <= f.y + f.h);
    const panel = this.scene.panels[i];
    return panel && panel.kind === "points" ? { panel, group: this.groups.get(panel.group), x, y } : null;
  }

  drag({ panel, group }, dx, dy) {
    if (panel.dims === 3) {
      group.own = true;
      group.yaw += dx / 150;
      group.pitch = clamp(group.pitch + dy / 150, -1.5, 1.5);
    } else group.shift = [group.shift[0] + dx, panel.dims === 1 ? 0 : group.shift[1] + dy];
    this.wake();
  }

  // What lies at the offset from the middle of the panel stays where it is.
  zoom(group, factor, offset = [0, 0]) {
    const before = group.zoom;
    group.zoom = clamp(group.zoom * factor, 0.2, 20);
    group.shift = group.shift.map((s, j) => offset[j] + ((s - offset[j]) * group.zoom) / before);
    this.wake();
  }

  reset(hit) {
    if (!hit) return;
    Object.assign(hit.group, { zoom: 1, shift: [0, 0], yaw: -0.6, pitch: 0.36, own: false });
    this.wake();
  }

  key(event) {
    const moves = { ArrowLeft: [-12, 0], ArrowRight: [12, 0], ArrowUp: [0, -12], ArrowDown: [0, 12] };
    const panels = this.scene ? this.scene.panels.filter((p) => p.kind === "points") : [];
    const hits = [...new Map(panels.map((p) => [p.group, { panel: p, group: this.groups.get(p.group) }])).values()];
    for (const hit of hits) {
      if (moves[event.key]) this.drag(hit, ...moves[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(hit.group, 1.15);
      else if (event.key === "-") this.zoom(hit.group, 1 / 1.15);
      else if (event.key === "0") this.reset(hit);
      else return;
    }
    if (hits.length) event.preventDefault();
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.stop.abort();
    this.resize.disconnect();
    this.watch.disconnect();
  }
}
