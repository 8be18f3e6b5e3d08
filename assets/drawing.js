// A board on which a person draws points of two classes; they go to Python when the person says so.

import { Board } from "./drawing/board.js";
import { Points } from "./drawing/points.js";
import { Tools } from "./drawing/tools.js";
import { make, write } from "./player/dom.js";
import { recall, remember } from "./player/link.js";
import { clamp, label } from "./player/numbers.js";
import { forced, pageTheme } from "./player/theme.js";

const KEPT = "drawing"; // under which the points outlive a change of the page
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const [STEP, LEAP] = [0.05, 0.25]; // of the arrow keys, and with Shift
const HOW =
  "Drag to draw. With the keyboard: arrows move the brush (Shift: further), Space draws or erases there, " +
  "1 and 2 choose the class, E the eraser, Ctrl+Z undoes.";
const shown = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  const root = parentElement.querySelector(".drawing");
  let one = shown.get(parentElement);
  if (!one || one.root !== root) {
    if (one) one.close();
    one = new Drawing(root, component.data);
    shown.set(parentElement, one);
  }
  one.receive(component);
  return () => {
    one.close();
    shown.delete(parentElement);
  };
}

class Drawing {
  constructor(root, { most, extent, classes, fewest }) {
    Object.assign(this, { root, extent, classes, fewest });
    this.points = new Points(most, extent);
    this.points.adopt(recall(KEPT, "points"));
    this.at = [0, 0]; // of the brush, as the keyboard moves it
    this.tools = new Tools(classes, {
      changed: () => this.draw(),
      undo: () => this.undo(),
      clear: () => this.points.clear() && this.changed("Cleared."),
    });
    this.canvas = make("canvas", "board", { tabIndex: 0, role: "application" });
    this.canvas.setAttribute("aria-roledescription", "drawing board");
    this.board = new Board(this.canvas, extent);
    this.caption = make("p", "caption");
    this.take = make("button", "take", { type: "button", text: "Use this drawing", onclick: () => this.taken() });
    this.foot = make("div", "foot");
    this.foot.append(this.take, this.caption);
    this.live = make("div", "spoken", { "aria-live": "polite" });
    root.replaceChildren(this.tools.box, this.canvas, make("p", "how", { text: HOW }), this.foot, this.live);
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = canvas.onpointercancel = () => this.release();
    canvas.onpointerleave = () => this.from || this.show(null);
    canvas.onfocus = () => canvas.matches(":focus-visible") && this.show({ at: this.at, cross: true });
    canvas.onblur = () => this.show(null);
    canvas.onkeydown = (event) => this.key(event);
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.root);
    this.restyle = () => this.fit();
    forced.addEventListener("change", this.restyle);
  }

  close() {
    this.resize.disconnect();
    forced.removeEventListener("change", this.restyle);
  }

  receive({ data, setTriggerValue }) {
    this.theme = data.theme;
    this.tell = setTriggerValue;
    this.fit(); // also for another theme of the page
  }

  // ---- drawing with a pointer

  press(event) {
    if (event.button > 0 || this.from) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.from = this.board.place(event);
    this.points.begin();
    this.apply(this.from);
    this.show({ at: this.from });
  }

  move(event) {
    if (!this.from) return this.show({ at: this.board.place(event) });
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of events.length ? events : [event]) {
      const to = this.board.place(each);
      if (this.tools.erases) this.points.erase(this.from, to, this.tools.reach);
      else this.points.sweep(this.from, to, this.tools.brush);
      this.from = to;
    }
    this.show({ at: this.from });
  }

  release() {
    if (!this.from) return;
    this.from = null;
    if (this.points.end()) this.changed();
  }

  // What the tool does where it stands.
  apply(at) {
    if (this.tools.erases) this.points.erase(at, at, this.tools.reach);
    else this.points.dab(at, this.tools.brush);
  }

  // ---- and with the keyboard

  key(event) {
    const { key, ctrlKey, metaKey } = event;
    if ((ctrlKey || metaKey) && key.toLowerCase() === "z") this.undo();
    else if (ctrlKey || metaKey || event.altKey) return;
    else if (MOVES[key]) this.step(MOVES[key], event.shiftKey ? LEAP : STEP);
    else if (key === " " || key === "Enter") this.stamp();
    else if (key === "e" || key === "E") this.tools.choose("eraser");
    else if (this.classes[Number(key) - 1]) this.tools.choose(Number(key) - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  step(way, length) {
    this.at = this.at.map((v, i) => clamp(Math.round((v + length * way[i]) * 100) / 100, -this.extent, this.extent));
    this.show({ at: this.at, cross: true });
    this.speak(`x ${label(this.at[0], 2)}, y ${label(this.at[1], 2)}`);
  }

  stamp() {
    this.points.begin();
    this.apply(this.at);
    this.show({ at: this.at, cross: true });
    if (this.points.end()) this.changed();
    else this.speak("Nothing there.");
  }

  undo() {
    if (!this.from && this.points.undo()) this.changed("Undone.");
  }

  // ---- what is shown

  fit() {
    const room = this.root.clientWidth;
    if (!room || !this.theme) return;
    this.board.fit(room);
    this.look = pageTheme(this.root, { theme: this.theme });
    this.tools.paint(this.look);
    this.say();
    this.draw();
  }

  show(ring) {
    this.ring = ring;
    this.draw();
  }

  draw() {
    if (!this.look || this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      const { erases, reach } = this.tools;
      this.board.draw(this.points.all, this.ring && { ...this.ring, radius: reach, erases }, this.look);
    });
  }

  changed(words = "") {
    remember(KEPT, "points", this.points.all);
    this.say();
    this.speak(`${words} ${this.words}`.trim());
    this.draw();
  }

  say() {
    const { points, fewest, classes } = this;
    const count = points.all.length;
    const each = classes.map((name, kind) => `${points.count(kind)} of class ${name}`).join(", ");
    const short = count < fewest ? ` At least ${fewest} are needed.` : "";
    const full = points.full ? " There is no room for more: erase some to go on." : "";
    this.words = `${count} point${count === 1 ? "" : "s"}${points.count(1) ? ` (${each})` : ""}.${short}${full}`;
    write(this.caption, this.words);
    const board = `Board from -${this.extent} to ${this.extent} both ways.`;
    this.canvas.setAttribute("aria-label", `${board} ${this.words} ${HOW}`);
    this.take.disabled = count < fewest;
    this.tools.enable(points.past.length > 0, count > 0);
  }

  speak(words) {
    write(this.live, words);
  }

  taken() {
    this.tell("taken", { points: this.points.all });
  }
}
