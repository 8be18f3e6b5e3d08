// Pointer and keys of one player: which pane they go to, and what they do to the time.

import { shared } from "./link.js";

const BUSY = "input, textarea, select, button, summary, a, [role=slider], [role=combobox], [role=listbox], "
  + "[role=tab], [role=menuitem], [contenteditable=true]";
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

export class Hands {
  constructor(player) {
    this.player = player;
    this.slot = null; // last touched: keys go to it first
    this.over = null;
    this.held = new Map(); // pointer -> the slot that has it
    this.panned = false;
    const stop = new AbortController();
    this.stop = stop;
    const on = (target, name, act, more = {}) =>
      target.addEventListener(name, act, { signal: stop.signal, ...more });
    const { canvas, root } = player;
    on(canvas, "pointerdown", (event) => this.down(event));
    on(canvas, "pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) on(canvas, name, (event) => this.up(event));
    on(canvas, "pointerleave", (event) => this.leave(event));
    // Two fingers zoom the picture, not the page; one that moves upwards scrolls the page.
    on(canvas, "touchmove", (event) => event.touches.length > 1 && event.preventDefault(), { passive: false });
    on(canvas, "contextmenu", (event) => this.menu(event));
    on(canvas, "dblclick", (event) => this.send("dblclick", event));
    on(canvas, "wheel", (event) => this.send("wheel", event), { passive: false });
    // A click on a button leaves the keys to the player: Space goes on to play and pause.
    on(root, "mousedown", (event) => {
      if (!event.target.closest("button, summary")) return;
      event.preventDefault();
      root.focus({ preventScroll: true });
    });
    on(document, "keydown", (event) => this.key(event));
    on(document, "pointerdown", (event) => {
      const { save } = player.foot;
      if (save.open && !event.composedPath().includes(save)) save.open = false;
    });
  }

  close() {
    this.stop.abort();
  }

  // ---- pointer

  find(x, y) {
    return this.player.slots.find(({ area }) =>
      area && x >= area.x && x <= area.x + area.w && y >= area.y && y <= area.y + area.h) || null;
  }

  at(event) {
    const box = this.player.canvas.getBoundingClientRect();
    const { scale } = this.player;
    return [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
  }

  send(kind, event, slot = null) {
    const [x, y] = this.at(event);
    const target = slot || this.find(x, y);
    if (!target || !target.pane.pointer(kind, event, x, y)) return null;
    this.player.wake();
    if (kind !== "move") this.later(target);
    return target;
  }

  // Remembers what the pane looks like, once the hands rest.
  later(slot) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.player.closed || this.player.rememberPane(slot.pane), 300);
  }

  down(event) {
    const slot = this.find(...this.at(event));
    const pans = event.button === 2 && slot && slot.pane.pans;
    if (event.button && !pans) return;
    this.panned = false;
    this.slot = slot || this.slot;
    const held = this.send("down", event);
    if (!held) return;
    this.held.set(event.pointerId, held);
    this.player.canvas.setPointerCapture(event.pointerId);
  }

  // Some systems show it when the button goes down, before it is known whether the hand will pan; others after.
  menu(event) {
    if (this.held.size || this.panned) event.preventDefault();
    this.panned = false;
  }

  move(event) {
    const held = this.held.get(event.pointerId);
    if (held) {
      this.send("move", event, held);
      return;
    }
    const [x, y] = this.at(event);
    const slot = this.find(x, y);
    if (this.over && this.over !== slot) this.over.pane.pointer("leave", event, x, y);
    this.over = slot;
    const pane = slot && slot.pane;
    if (pane && pane.pointer("move", event, x, y)) this.player.wake();
    this.player.canvas.style.cursor = (pane && pane.cursor && pane.cursor(x, y)) || "";
  }

  up(event) {
    const held = this.held.get(event.pointerId);
    if (!held) return;
    this.held.delete(event.pointerId);
    this.send("up", event, held);
    this.panned = event.button === 2 && held.pane.moved;
  }

  leave(event) {
    if (this.held.size || !this.over) return;
    this.over.pane.pointer("leave", event, ...this.at(event));
    this.over = null;
    this.player.wake();
  }

  // ---- keys

  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { player } = this;
    if (player.failed || !player.scene || !(player.slots.length || player.bare)) return;
    const path = event.composedPath();
    const handled = path.includes(player.root) ? this.inside(event, path[0]) : this.outside(event, path);
    if (handled) event.preventDefault();
  }

  inside(event, target) {
    const { player } = this;
    if (event.key === "Escape" && player.foot.save.open) {
      player.foot.save.open = false;
      return true;
    }
    if (target.closest("select, input, textarea")) return false;
    if (target.closest("button, summary") && [" ", "Enter"].includes(event.key)) return false;
    if (this.present(event)) return true;
    if (player.time && !event.shiftKey && this.time(event.key, true)) return true;
    const slots = player.slots.filter(({ area, pane }) => area && pane.key);
    const last = slots.find(({ key }) => this.slot && key === this.slot.key);
    const slot = [last, ...slots.filter((one) => one !== last)].find((one) => one && one.pane.key(event));
    if (!slot) return event.key === "Escape" && (player.enlarge() || player.stage.leave());
    this.later(slot);
    player.wake();
    return true;
  }

  present(event) {
    if (event.shiftKey || event.key.toLowerCase() !== "f") return false;
    this.player.stage.toggle();
    return true;
  }

  // Space and arrows anywhere on the page move the first player in sight, unless they mean something there; F gives
  // it the screen.
  outside(event, path) {
    if (event.key === "Escape" && this.player.stage.on) return this.player.stage.leave();
    if (event.shiftKey || path.some((node) => node.matches && node.matches(BUSY))) return false;
    if (path.some((node) => [...shared.players].some((one) => one.root === node && one.time))) return false;
    const players = [...shared.players].filter((one) => one.visible && one.time && one.scene.controls && !one.failed);
    const top = (one) => one.root.getBoundingClientRect().top;
    const first = players.sort((a, b) => top(a) - top(b))[0];
    return first === this.player && (this.present(event) || this.time(event.key, false));
  }

  time(key, ends) {
    const { player } = this;
    if (key === " ") player.toggle();
    else if (key in STEPS) player.step(STEPS[key]);
    else if (ends && key === "Home") player.seek(0);
    else if (ends && key === "End") player.seek(player.time.end);
    else return false;
    return true;
  }
}
