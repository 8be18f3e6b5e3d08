// The player: panes that move on one clock. Scenes come as bytes (player/scene.js); new data of the same scene
// go on from where it stands, another scene begins anew.

import { Branch } from "./player/branch.js";
import { timing } from "./player/clock.js";
import { CloudPane } from "./player/cloud.js";
import { make, write } from "./player/dom.js";
import { create as flat } from "./player/flat.js";
import { Foot } from "./player/foot.js";
import { createPencil } from "./player/gl.js";
import { Hands } from "./player/hands.js";
import { flush, lend, recall, remember, shared } from "./player/link.js";
import { colourFor, styles } from "./player/marks.js";
import { enlarge, hint, largeOf, places, sizeOf } from "./player/multiples.js";
import { decode, shape } from "./player/scene.js";
import { Stage } from "./player/stage.js";
import { forced, pageTheme, typeScale } from "./player/theme.js";
import { Tied } from "./player/ties.js";
import { Transport } from "./player/transport.js";

const NO_CANVAS = "This browser draws neither with WebGL nor on a canvas, so there is no picture. "
  + "Another browser will show it.";
const KEYS = "Keys: N and P pick the next and the former particle, + and − zoom, Shift and arrows turn or move, "
  + "0 resets, Escape ends picks.";
const create = { cloud: CloudPane, ...flat };
const reduced = window.matchMedia("(prefers-reduced-motion: reduce)");
const players = new WeakMap();
const ratioNow = () => window.devicePixelRatio || 1;

export default function (component) {
  const { parentElement } = component;
  const root = parentElement.querySelector(".player");
  let player = players.get(parentElement);
  if (!player || player.root !== root) {
    if (player) player.close();
    player = new Player(root);
    players.set(parentElement, player);
  }
  player.receive(component);
  return () => {
    player.close();
    players.delete(parentElement);
  };
}

class Player extends Tied {
  constructor(root) {
    super();
    this.root = root;
    this.slots = []; // {key, spec, area, pane}
    this.hover = -1;
    this.colour = 0;
    this.large = null; // the key of the enlarged one of small panes
    this.scene = null;
    this.time = null;
    this.size = [0, 0, 1];
    this.scale = 1; // css px in one unit of what is drawn: larger type, marks and lines all at once
    this.raf = 0;
    this.visible = false;
    this.message = make("p", "message", { role: "status" });
    this.panesBox = make("div", "panes");
    this.canvas = make("canvas", "top", { tabIndex: 0, role: "img" });
    this.panesBox.append(this.canvas);
    this.top = this.canvas.getContext("2d");
    this.live = make("div", "spoken", { "aria-live": "polite" });
    this.headline = make("p", "headline", { hidden: true });
    this.stage = new Stage(this);
    this.branch = null; // for scenes of several runs at their λ
    this.transport = new Transport(this);
    this.foot = new Foot(this);
    root.tabIndex = -1;
    const { transport: { sentence, box }, headline, message, panesBox, foot, live } = this;
    root.replaceChildren(headline, message, panesBox, sentence, box, foot.box, live);
    shared.players.add(this);
    this.hands = new Hands(this);
    this.watch();
  }

  watch() {
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.root);
    this.sight = new IntersectionObserver((entries) => {
      this.visible = entries[entries.length - 1].isIntersecting;
      this.wake();
    });
    this.sight.observe(this.root);
    this.motion = () => this.wake();
    reduced.addEventListener("change", this.motion);
    this.styled();
    this.restyle = () => this.restyled();
    forced.addEventListener("change", this.restyle);
    document.fonts.addEventListener("loadingdone", this.restyle); // a canvas does not redraw itself in a new font
  }

  // The style sheet comes when it comes: nothing is shown before, and measured anew then.
  styled() {
    const sheets = [...this.root.getRootNode().querySelectorAll("link[rel=stylesheet]")].filter(({ sheet }) => !sheet);
    if (!sheets.length) return;
    this.root.style.visibility = "hidden";
    const done = () => {
      this.root.style.visibility = "";
      this.restyled();
    };
    for (const sheet of sheets) {
      for (const name of ["load", "error"]) sheet.addEventListener(name, done, { once: true });
    }
  }

  restyled() {
    if (this.closed || !this.scene) return;
    this.retheme();
    this.fit();
  }

  get still() {
    return reduced.matches;
  }

  // ---- data

  receive({ data, setStateValue, setTriggerValue }) {
    Object.assign(this, { setStateValue, setTriggerValue });
    try {
      if (data !== this.data || !this.scene) this.adopt(data);
      else this.retheme(); // the page has another theme
      this.data = data;
    } catch (error) {
      this.fail(error);
    }
  }

  adopt(data) {
    const scene = data instanceof Uint8Array && data.length > 4 ? decode(data) : null;
    this.failed = false;
    if (!this.top) return this.blank(NO_CANVAS);
    if (!scene) return this.blank("Waiting for the first picture …");
    const former = this.scene;
    const again = former !== null && former.id === scene.id;
    this.scene = scene;
    if (scene.look && !former) lend(scene.id, scene.look);
    this.time = this.transport.time = timing(scene.timeline);
    if (!again) this.colour = this.firstColour(former);
    this.theme = pageTheme(this.root, scene);
    this.looks = null;
    this.canvas.setAttribute("aria-label", scene.alt);
    write(this.headline, scene.title || "");
    this.large = largeOf(this, again);
    this.tie(former, again);
    this.setPanes(scene, again);
    if (!scene.panes.length && !this.bare) return this.blank(scene.message);
    this.show(true);
    this.transport.box.hidden = !(scene.controls && this.time);
    this.foot.receive();
    this.setBranch(again);
    return this.fit();
  }

  retheme() {
    this.theme = pageTheme(this.root, this.scene);
    this.looks = null;
    if (this.scene.panes.length || this.bare) {
      this.foot.drawLegend();
      if (this.time) this.transport.draw();
      if (this.branch) this.branch.draw();
    }
    this.wake();
  }

  // A pane goes on when its arrays have the same shape; else there is a new one.
  setPanes(scene, again) {
    const old = new Map(this.slots.map((slot) => [slot.key, slot]));
    const fresh = !old.size;
    this.slots = scene.panes.map((spec, index) => {
      const key = String(spec.key ?? index);
      const slot = old.get(key);
      if (slot && again && shape(slot.spec) === shape(spec)) {
        old.delete(key);
        slot.pane.receive(spec, slot.spec);
        return { ...slot, spec };
      }
      const state = fresh ? recall(scene.id, `pane ${key}`) : carried(slot, again);
      return { key, spec, area: null, pane: this.addPane(spec, state) };
    });
    for (const { pane } of old.values()) dropPane(pane);
  }

  // A transport without panes, for players that have none of their own.
  get bare() {
    return Boolean(this.scene?.controls && this.time && !this.scene.panes.length);
  }

  // The slider over λ, above the panes.
  setBranch(again) {
    if (this.scene.tikhonov && !this.branch) {
      this.branch = new Branch(this);
      this.panesBox.before(this.branch.box);
    }
    if (this.branch) this.branch.receive(again);
  }

  addPane(spec, state) {
    if (spec.kind === "cloud") this.sharpen();
    const pane = new create[spec.kind](this);
    pane.receive(spec, null);
    if (state && pane.restore) pane.restore(state);
    if (pane.head) this.panesBox.append(pane.head);
    return pane;
  }

  // The pencil for clouds, once there is one; without WebGL the slow one.
  sharpen(webgl = true) {
    if (this.pencil !== undefined && webgl) return;
    if (this.pencil) this.pencil.dispose();
    const { pencil, kind } = createPencil(this.panesBox, { webgl });
    this.pencil = pencil;
    this.root.dataset.pencil = kind || "none";
    if (pencil && pencil.lost) {
      pencil.lost(() => {
        this.sharpen(false);
        this.fit();
      });
    }
  }

  // ---- words instead of a picture

  blank(words) {
    write(this.message, words || "There is nothing to show.");
    this.show(false);
  }

  show(panes) {
    this.message.hidden = panes;
    for (const node of [this.panesBox, this.foot.box]) node.hidden = !panes || this.bare;
    if (!panes) this.transport.box.hidden = true;
  }

  fail(error) {
    console.error(error);
    this.failed = true;
    this.blank(`This picture could not be drawn (${error.message}). Reloading the page may help.`);
  }

  // ---- size

  fit() {
    if (!this.scene || this.failed || !(this.scene.panes.length || this.bare)) return;
    this.scale = typeScale() * this.stage.factor();
    const width = (this.bare ? this.root : this.panesBox).clientWidth / this.scale;
    if (!width) return;
    try {
      this.density = ratioNow();
      const ratio = this.density * this.scale;
      const { places: areas, height } = places(this, width, this.stage.room());
      this.panesBox.style.height = this.stage.on ? "" : `${height * this.scale}px`;
      const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
      if (pixels[0] !== this.canvas.width || pixels[1] !== this.canvas.height) {
        [this.canvas.width, this.canvas.height] = pixels;
      }
      this.size = [width, height, ratio];
      this.slots.forEach((slot, i) => {
        slot.area = areas[i];
        slot.pane.show(sizeOf(this, slot.key));
        slot.pane.place(areas[i]);
      });
      this.note();
      if (this.time) this.transport.draw();
      if (this.branch) this.branch.draw();
      this.draw(performance.now());
    } catch (error) {
      this.fail(error);
    }
    this.wake();
  }

  note() {
    const clouds = this.scene.panes.filter((pane) => pane.kind === "cloud");
    const note = clouds.length && !this.pencil ? "This browser can draw neither with WebGL nor without it." : "";
    const turn = clouds.some((pane) => pane.dims === 3) ? "turn, with the right button to move" : "move";
    const hands = [`Drag to ${turn}`, "click, then scroll to zoom", "double-click to reset", "Shift and drag: lasso"];
    this.foot.tell(note, hint(this, clouds.length ? turn : "", hands).join(" · "), clouds.length ? KEYS : "");
    this.canvas.setAttribute("aria-description", clouds.length ? KEYS : "");
  }

  // A pane of small ones gets all the room; without one all are small again. False when that changes nothing.
  enlarge(pane = null) {
    const slot = this.slots.find((one) => one.pane === pane);
    return enlarge(this, slot ? slot.key : null);
  }

  // ---- drawing

  wake() {
    if (this.raf || !this.visible || this.closed || this.failed || !(this.slots.length || this.bare)) return;
    this.raf = requestAnimationFrame((now) => this.animate(now));
  }

  animate(now) {
    this.raf = 0;
    if (this.density !== ratioNow()) this.fit(); // on another screen
    try {
      this.clock.tick(now);
      const moving = this.draw(now);
      if (moving || (this.time && this.clock.playing)) this.wake();
    } catch (error) {
      this.fail(error);
    }
  }

  draw(now) {
    const { top, pencil, size: [width, height, ratio] } = this;
    if (!width || !top) return false;
    top.setTransform(ratio, 0, 0, ratio, 0, 0);
    top.clearRect(0, 0, width, height);
    if (pencil) pencil.begin(width, height, ratio, this.theme.page);
    let moving = false;
    const seen = this.slots.filter(({ area }) => area);
    for (const { pane } of seen) moving = pane.draw(this.moment.frame, now) || moving;
    for (const { pane } of seen) if (pane.finish) pane.finish();
    if (pencil) pencil.end();
    if (this.time) this.transport.show();
    this.foot.show();
    if (!this.measured) {
      this.measured = performance.mark("player first frame");
      // Once the frame is on the screen: the page may be waiting with what lies below.
      if (this.scene.tell) setTimeout(() => this.emit("drawn", { stands: true }));
    }
    return moving;
  }

  // The moment drawn with so many pixels for each css px, as long as `use` takes: what WebGL draws is gone after it.
  drawnAt(ratio, use) {
    const [width, height, usual] = this.size;
    const draw = (sharpness) => {
      this.canvas.width = Math.round(width * sharpness);
      this.canvas.height = Math.round(height * sharpness);
      this.size = [width, height, sharpness];
      this.draw(performance.now());
    };
    try {
      draw(ratio);
      return use();
    } finally {
      draw(usual);
    }
  }

  // ---- colours

  // The one of the same name as before; on a new page the one remembered.
  firstColour(former) {
    const { id, colour, colours } = this.scene;
    const name = former ? former.colours[this.colour]?.name : null;
    const found = former ? colours.findIndex((one) => one.name === name) : recall(id, "colour") ?? -1;
    return Math.min(found < 0 ? colour : found, colours.length - 1);
  }

  recolour(index) {
    this.colour = index;
    this.looks = null;
    remember(this.scene.id, "colour", index);
    this.tellLook();
    this.foot.drawLegend();
    this.wake();
  }

  // The colours of all particles in a pane.
  looksIn(key = "") {
    this.looks ||= new Map();
    if (!this.looks.has(key)) {
      const { n, colours } = this.scene;
      this.looks.set(key, styles(n, colourFor(colours[this.colour], key), this.theme));
    }
    return this.looks.get(key);
  }

  colourOf(particle) {
    const [red, green, blue] = this.looksIn().subarray(4 * particle);
    return `rgb(${red},${green},${blue})`;
  }

  // The number to show for a particle.
  idOf(particle) {
    return this.scene.ids ? this.scene.ids[particle] : particle;
  }

  close() {
    this.stage.leave();
    flush();
    this.closed = true;
    cancelAnimationFrame(this.raf);
    this.resize.disconnect();
    this.sight.disconnect();
    reduced.removeEventListener("change", this.motion);
    forced.removeEventListener("change", this.restyle);
    document.fonts.removeEventListener("loadingdone", this.restyle);
    this.hands.close();
    for (const { pane } of this.slots) dropPane(pane);
    if (this.pencil) this.pencil.dispose();
    this.untie();
    shared.players.delete(this);
  }
}

// What a new pane takes from the one before it: all of the same scene, of another one not where the camera was.
function carried(slot, again) {
  const state = slot && slot.pane.state ? slot.pane.state() : null;
  return again || !state ? state : { unrolled: state.unrolled, flipped: state.flipped };
}

function dropPane(pane) {
  if (pane.head) pane.head.remove();
  if (pane.close) pane.close();
}
