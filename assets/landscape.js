// The landscape of the cost: J = data term + λ ‖θ‖² on a plane or a line of controls, for the λ of a slider.
// Data term and ‖θ‖² come as bytes once (player/scene.js); nothing goes back but that it is to be saved as a file.

import { Curves } from "./landscape/curves.js";
import { drawLegend, layLegend, legendOf } from "./landscape/legend.js";
import { drawMap } from "./landscape/map.js";
import { Panel } from "./landscape/panel.js";
import { Slider } from "./landscape/slider.js";
import { drawSurface, rangeOf } from "./landscape/surface.js";
import { general } from "./landscape/words.js";
import { Axes } from "./player/axes.js";
import { cameraOf } from "./player/camera.js";
import { make, write } from "./player/dom.js";
import { memoryOf, recall, remember } from "./player/link.js";
import { clamp } from "./player/numbers.js";
import { decode } from "./player/scene.js";
import { forced, pageTheme, typeScale } from "./player/theme.js";

const GAP = 14;
const [SIDE, PAIR] = [620, 420]; // css px from which three stand side by side, or two
const TALL = [240, 400]; // css px a panel
const LINE = 340;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const KEYS = { map: "Arrows move the reading.", surface: "Arrows turn, + and − zoom, 0 resets." };
const shown = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  const root = parentElement.querySelector(".landscape");
  let one = shown.get(parentElement);
  if (!one || one.root !== root) {
    if (one) one.close();
    one = new Landscape(root);
    shown.set(parentElement, one);
  }
  one.receive(component);
  return () => {
    one.close();
    shown.delete(parentElement);
  };
}

class Landscape {
  constructor(root) {
    this.root = root;
    this.mode = "map";
    this.slider = new Slider((value) => this.turned(value));
    this.switches = make("div", "switches", { role: "group", "aria-label": "View" });
    this.buttons = ["map", "surface"].map((text) =>
      make("button", "", { type: "button", text, onclick: () => this.setMode(text) }));
    this.switches.append(...this.buttons);
    this.save = make("button", "save", { type: "button", text: "Save PNG", onclick: () => this.savePicture() });
    this.tools = make("div", "tools");
    this.page = make("button", "page", { type: "button", text: "Save HTML", onclick: () => this.savePage() });
    this.tools.append(this.switches, this.save, this.page);
    this.slider.box.append(this.tools);
    this.picture = make("div", "picture");
    this.base = make("canvas", "base", { "aria-hidden": "true" });
    this.canvas = make("canvas", "top", { tabIndex: 0, role: "img" });
    this.picture.append(this.base, this.canvas);
    this.caption = make("p", "caption");
    this.message = make("p", "message", { role: "status" });
    this.live = make("div", "spoken", { "aria-live": "polite" });
    root.replaceChildren(this.message, this.slider.box, this.picture, this.caption, this.live);
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = canvas.onpointercancel = () => (this.held = null);
    canvas.onpointerleave = () => this.read(null);
    canvas.ondblclick = () => this.mode === "surface" && this.camera && (this.camera.reset(), this.draw());
    canvas.onkeydown = (event) => this.key(event);
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.root);
    this.restyle = () => this.scene && this.fit();
    forced.addEventListener("change", this.restyle);
    document.fonts.addEventListener("loadingdone", this.restyle);
  }

  close() {
    this.resize.disconnect();
    forced.removeEventListener("change", this.restyle);
    document.fonts.removeEventListener("loadingdone", this.restyle);
  }

  // ---- data

  receive({ data, setTriggerValue }) {
    this.tell = setTriggerValue;
    this.page.hidden = !setTriggerValue; // nobody listens in a file
    try {
      if (data !== this.data) this.adopt(data);
      this.data = data;
      if (this.scene) this.fit(); // also for another theme of the page
    } catch (error) {
      console.error(error);
      this.scene = null;
      this.say(`This picture could not be drawn (${error.message}). Reloading the page may help.`);
    }
  }

  adopt(data) {
    const scene = data instanceof Uint8Array && data.length > 4 ? decode(data) : null;
    if (!scene) return this.say("Waiting for the first picture …");
    const again = this.scene && this.scene.id === scene.id;
    this.scene = scene;
    this.at = null;
    const kept = again ? this.tikhonov : recall(scene.id, "tikhonov");
    this.tikhonov = kept ?? scene.tikhonov;
    this.mode = again ? this.mode : recall(scene.id, "mode") || "map";
    this.slider.receive(scene.range, scene.tikhonov, this.tikhonov);
    this.canvas.setAttribute("aria-label", scene.alt);
    this.switches.hidden = scene.kind !== "plane";
    this.camera = null;
    if (scene.kind === "plane") {
      this.camera = cameraOf(this, "surface");
      this.camera.want(this, rangeOf(scene), { fixed: true, still: true });
      const seen = again ? null : recall(scene.id, "camera");
      if (seen) this.camera.restore(seen);
    }
    return this.say("");
  }

  say(words) {
    write(this.message, words);
    this.message.hidden = !words;
    for (const node of [this.slider.box, this.picture, this.caption]) node.hidden = Boolean(words);
  }

  turned(value) {
    this.tikhonov = value;
    remember(this.scene.id, "tikhonov", value);
    this.weigh();
    this.draw();
  }

  setMode(mode) {
    this.mode = mode;
    remember(this.scene.id, "mode", mode);
    this.at = null;
    this.weigh();
    this.draw();
  }

  // ---- size and drawing

  get weights() {
    const { tikhonov } = this;
    return tikhonov > 0 ? [tikhonov / 10, tikhonov, 10 * tikhonov] : [0];
  }

  fit() {
    const scale = typeScale();
    const width = this.root.clientWidth / scale;
    if (!width || !this.scene) return;
    this.theme = pageTheme(this.root, this.scene);
    this.scale = scale; // css px in one unit of what is drawn
    this.ratio = (window.devicePixelRatio || 1) * scale;
    this.width = width;
    this.weigh();
    this.draw();
  }

  // The pictures for λ as it is now, and where they stand.
  weigh() {
    const { scene, weights, width } = this;
    if (scene.kind === "line") {
      this.pictures = [new Curves(scene, weights)];
      this.pictures[0].place({ x: 0, y: 0, w: width, h: LINE });
      this.setHeight(LINE);
    } else this.placePanels(weights.map((weight) => new Panel(scene, weight)));
    this.describe();
  }

  placePanels(panels) {
    const { width, scene: { axes } } = this;
    this.pictures = panels;
    const columns = Math.min(panels.length, width >= SIDE ? 3 : width >= PAIR ? 2 : 1);
    const w = Math.min(460, (width - GAP * (columns - 1)) / columns);
    const h = clamp(w + 20, ...TALL);
    panels.forEach((panel, i) => {
      const [column, row] = [i % columns, Math.floor(i / columns)];
      panel.place({ x: column * (w + GAP), y: row * (h + GAP), w, h }, [axes[0], column ? "" : axes[1]]);
    });
    const rows = Math.ceil(panels.length / columns);
    this.placeLegend(rows * (h + GAP) - GAP);
  }

  placeLegend(top) {
    this.legend = layLegend(this.base.getContext("2d"), this.theme, legendOf(this.scene), this.width);
    this.legend.top = top;
    this.setHeight(top + this.legend.height);
  }

  setHeight(height) {
    const { width, ratio } = this;
    this.height = height;
    this.picture.style.height = `${height * this.scale}px`;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    for (const canvas of [this.base, this.canvas]) {
      if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    }
  }

  pen(canvas) {
    const ctx = canvas.getContext("2d");
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    return ctx;
  }

  draw() {
    const { theme, mode, camera } = this;
    const ctx = this.pen(this.base);
    for (const picture of this.pictures) {
      if (picture instanceof Curves) picture.draw(ctx, theme);
      else if (mode === "surface") drawSurface(ctx, theme, picture, camera);
      else drawMap(ctx, theme, picture);
    }
    if (this.scene.kind === "plane") drawLegend(ctx, theme, this.legend, this.legend.top);
    this.buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === mode)));
    this.drawReading();
  }

  // Below: what the curvature at θ* is at this λ, and what should be known.
  describe() {
    const { scene: { values = [], note, kind }, pictures, tikhonov } = this;
    const sums = values.map((value) => 2 * tikhonov + value);
    const least = Math.min(...sums);
    const words = sums.length
      ? `At θ*, 2λ + curvature of the data term: ${sums.map(general).join(" and ")} along the two axes: `
        + (least > 0 ? "J curves upwards along both." : "J does not curve upwards along both.")
      : "";
    const named = kind === "plane" ? pictures[Math.floor(pictures.length / 2)].named : "";
    const keys = kind === "plane" ? KEYS[this.mode] : "";
    write(this.caption, [named, words, note, keys].filter(Boolean).join(" "));
  }

  // ---- reading a place

  press(event) {
    if (this.mode !== "surface" || this.scene.kind !== "plane" || event.button) return;
    this.held = [event.clientX, event.clientY];
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    if (this.held) {
      const [x, y] = this.held;
      this.held = [event.clientX, event.clientY];
      this.camera.turn(event.clientX - x, event.clientY - y);
      this.draw();
      return;
    }
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / this.scale, (event.clientY - box.top) / this.scale];
    if (this.scene.kind === "line") this.read(this.pictures[0].find(x), 0);
    else if (this.mode === "map") {
      const found = this.pictures.findIndex((panel) => panel.find(x, y));
      const panel = this.pictures[found];
      const mark = panel ? panel.markAt(x, y) : null;
      this.read(panel ? (mark ? panel.steps(mark.at) : panel.find(x, y)) : null, found, mark);
    }
  }

  // at: steps of the grid, or a place on the line; null: nowhere. mark: the named control that is there.
  read(at, picture = 0, mark = null) {
    if (at === null && this.at === null) return;
    Object.assign(this, { at, mark });
    this.reader = Math.max(0, picture);
    this.drawReading();
  }

  drawReading() {
    const ctx = this.pen(this.canvas);
    const { at, theme, pictures } = this;
    if (at === null || at === undefined) return;
    const one = pictures[Math.min(this.reader, pictures.length - 1)];
    const axes = new Axes({ top: ctx, theme });
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1.5;
    if (one instanceof Curves) {
      const { plot } = one;
      const x = plot.x(at);
      ctx.strokeRect(x, plot.box.y, 0.01, plot.box.h);
      axes.note(one.lines(at), x, plot.box.y + plot.box.h / 2, { x: 0, y: 0, w: this.width, h: this.height });
      return;
    }
    if (this.mode !== "map") return;
    for (const panel of pictures) {
      const [x, y] = panel.screen(at);
      ctx.beginPath();
      ctx.arc(x, y, 5, 0, 2 * Math.PI);
      ctx.stroke();
    }
    axes.note(one.lines(at, this.mark), ...one.screen(at), { x: 0, y: 0, w: this.width, h: this.height });
  }

  // ---- keys

  key(event) {
    const way = MOVES[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.mode === "surface" && this.scene.kind === "plane" ? this.turn(event.key, way) : way && this.step(way)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  turn(key, way) {
    const { camera } = this;
    const zoom = { "+": 1.15, "=": 1.15, "-": 1 / 1.15 }[key];
    if (way) camera.turn(12 * way[0], -12 * way[1]);
    else if (zoom) camera.zoom = clamp(camera.zoom * zoom, 0.2, 50);
    else if (key === "0") camera.reset();
    else return false;
    this.draw();
    return true;
  }

  step([dx, dy]) {
    const middle = Math.floor(this.pictures.length / 2);
    if (this.scene.kind === "line") {
      const { s } = this.scene;
      const one = this.pictures[0];
      this.read(s[this.at === null ? one.nearest(0) : clamp(one.nearest(this.at) + dx, 0, s.length - 1)], 0);
    } else {
      const [rows, columns] = this.pictures[0].shape;
      const [i, j] = this.at || this.pictures[0].steps(this.scene.marks[0]?.at || [0, 0]);
      this.read([clamp(Math.round(i + dx), 0, columns - 1), clamp(Math.round(j + dy), 0, rows - 1)], middle);
    }
    write(this.live, this.pictures[this.reader].lines(this.at).join(", "));
    return true;
  }

  // ---- saving

  savePage() {
    const { scene: { id }, camera } = this;
    if (camera) remember(id, "camera", camera.state());
    this.tell("save", { id, format: "html", scenes: [{ id, memory: memoryOf(id) }] });
    write(this.live, "Asked for. It is being made.");
  }

  savePicture() {
    const { width, height, ratio, theme, scene } = this;
    const sheet = make("canvas", "");
    [sheet.width, sheet.height] = [width, height].map((side) => Math.round((side + 32) * ratio));
    const ctx = sheet.getContext("2d");
    ctx.scale(ratio, ratio);
    ctx.fillStyle = theme.page;
    ctx.fillRect(0, 0, width + 32, height + 32);
    ctx.drawImage(this.base, 16, 16, width, height);
    sheet.toBlob((blob) => {
      if (!blob) return write(this.live, "The picture could not be made.");
      const link = make("a", "", { href: URL.createObjectURL(blob) });
      link.download = `${(scene.title || "landscape").replace(/[^\p{L}\p{N}.]+/gu, "_").slice(0, 80)}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      return write(this.live, "The picture is saved.");
    });
  }
}
