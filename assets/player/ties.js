// What ties a player to the others on the page, to what it remembers, and to Python: its clock, its picks.

import { clockFor } from "./clock.js";
import { write } from "./dom.js";
import { joinPicks, leavePicks, memoryOf, recall, remember } from "./link.js";

const MOMENT_MS = 150; // a key held down tells Python once
const LOOK_MS = 400; // a hand that goes on turning is waited for
const SAME = 0.01; // the link rounds its time
const MOST_KEPT = 1000; // picked particles that are remembered
const STILL = { at: 0, t: null, frame: 0, interval: 0, phase: null, words: "" };

export class Tied {
  constructor() {
    this.told = {}; // what Python knows, as text
  }

  get picked() {
    return this.picks.chosen;
  }

  // ---- joining and leaving

  tie(former, again) {
    this.joinPicks(former, again);
    this.joinClock(former, again);
  }

  untie() {
    clearTimeout(this.telling);
    clearTimeout(this.tellingLook);
    if (this.clock) this.clock.leave(this);
    if (this.picks) leavePicks(this.picks, this);
  }

  joinPicks(former, again) {
    const { scene } = this;
    if (again && former.group === scene.group) return;
    const had = this.picks && this.picked.size;
    if (this.picks) leavePicks(this.picks, this);
    this.picks = joinPicks(scene.group, this);
    if (former) {
      if (had || this.picked.size) this.picks.set([]); // another scene: other particles
      return;
    }
    const kept = this.picked.size ? [...this.picked] : (recall(scene.id, "picks") || []).filter((i) => i < scene.n);
    if (kept.length) this.picks.set(kept);
  }

  // What is remembered of the time counts only when the page is new; another scene begins at its beginning.
  joinClock(former, again) {
    const { scene, time } = this;
    const name = scene.clock || "";
    if (!this.clock || this.clock.name !== name) {
      if (this.clock) this.clock.leave(this);
      this.clock = clockFor(name);
    }
    const { clock } = this;
    const others = [...clock.members.keys()].some((player) => player !== this && player.time);
    clock.join(this, time);
    if (!time || again) return;
    const kept = former ? null : recall(scene.id, "time");
    const moves = !this.still && !others;
    if (!former && this.linked(kept)) clock.set({ at: scene.start, playing: false });
    else if (others) this.tellMoment();
    else if (kept) {
      const { told, ...time } = kept;
      this.toldAt = told;
      clock.set({ ...time, playing: time.playing && moves });
    } else {
      clock.backwards = Boolean(scene.reverse);
      clock.set({ at: scene.start ?? clock.start, playing: scene.start === null && scene.autoplay && moves });
    }
    if (kept || scene.start !== null) this.tellMoment();
  }

  // Whether the link has a time of its own: one that this player did not put there itself.
  linked(kept) {
    const { start } = this.scene;
    return start !== null && !(kept && Math.abs(kept.told - start) < SAME);
  }

  // ---- time

  get moment() {
    const at = Math.min(this.clock.at, this.time ? this.time.end : 0);
    if (!this.now || this.now.at !== at || this.now.time !== this.time) {
      this.now = { ...(this.time ? this.time.moment(at) : STILL), time: this.time };
    }
    return this.now;
  }

  toggle() {
    if (this.clock.playing) this.clock.pause();
    else this.clock.play();
  }

  step(by) {
    this.clock.step(by, this.time);
  }

  // done: false while the hand is still on it.
  seek(at, done = true) {
    this.clock.scrubs = !done;
    this.clock.seek(Math.min(at, this.time.end));
  }

  settled() {
    this.clock.scrubs = false;
    this.clock.tell("seek");
  }

  clocked(what) {
    this.wake();
    if (!this.time) return;
    this.transport.show();
    if (what === "play") clearTimeout(this.telling); // nothing goes to the server while it plays
    if ((what === "pause" || what === "seek") && !this.clock.scrubs) this.tellMoment(true);
  }

  tellMoment(aloud = false) {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      if (this.closed || !this.time || this.clock.playing) return;
      const { at, t, words } = this.moment;
      if (aloud && this.speaks) this.say(words);
      this.toldAt = at;
      this.rememberTime();
      this.emit("moment", { at: Number(at.toFixed(6)), t });
    }, MOMENT_MS);
  }

  // Of all players of a clock one says the time, unless the scrubber, which does it itself, has the focus.
  get speaks() {
    const first = [...this.clock.members.keys()].find((player) => player.scene.controls);
    return first === this && ![...this.clock.members.keys()].some((player) => player.transport.focused);
  }

  // ---- memory

  rememberTime() {
    if (!this.scene || !this.time) return;
    const { at, playing, speed, loop, backwards, rests } = this.clock;
    remember(this.scene.id, "time", { at, playing, speed, loop, backwards, rests, told: this.toldAt });
  }

  rememberPane(pane) {
    const slot = this.slots.find((one) => one.pane === pane);
    if (!slot || !pane.state) return;
    remember(this.scene.id, `pane ${slot.key}`, pane.state());
    this.tellLook();
  }

  // How it looks goes into the link, where the scene is one of those whose look it says.
  tellLook() {
    clearTimeout(this.tellingLook);
    if (this.scene.look === undefined) return;
    this.tellingLook = setTimeout(() => {
      if (this.closed) return;
      const { time, picks, ...look } = memoryOf(this.scene.id);
      this.emit("look", { look });
    }, LOOK_MS);
  }

  // ---- picks

  pick(particles) {
    this.picks.set(particles);
    const { size } = this.picked;
    const [first] = this.picked;
    this.say(size === 1 ? `particle ${this.idOf(first)} picked` : `${size || "no"} particles picked`);
  }

  // A click on a particle: it alone, or with Shift or Ctrl one more or one less.
  choose(particle, { shiftKey, ctrlKey, metaKey }) {
    const { picked } = this;
    const more = shiftKey || ctrlKey || metaKey;
    const kept = more ? [...picked].filter((i) => i !== particle) : [];
    this.pick(picked.has(particle) && (more || picked.size === 1) ? kept : [...kept, particle]);
  }

  // The particle under the pointer, -1: none.
  point(particle) {
    if (this.hover === particle) return;
    this.hover = particle;
    this.wake();
  }

  relinked() {
    this.wake();
    if (!this.scene) return;
    remember(this.scene.id, "picks", [...this.picked].slice(0, MOST_KEPT));
    this.emit("picked", { particles: [...this.picked] });
  }

  // ---- to Python and to people

  // Whether Python listens: nobody does in a file.
  get heard() {
    return Boolean(this.setStateValue);
  }

  // Python hears which scene it is about: what was said of an earlier one does not count.
  emit(name, what) {
    if (!this.heard) return;
    const value = { id: this.scene.id, ...what };
    const text = JSON.stringify(value);
    if (name === "place" || name === "save") this.setTriggerValue(name, value);
    else if (this.told[name] !== text) {
      this.told[name] = text;
      this.setStateValue(name, value);
    }
  }

  askFor(format) {
    const states = this.slots.filter(({ pane }) => pane.state).map(({ key, pane }) => [key, pane.state()]);
    this.emit("save", {
      format,
      "pane states": Object.fromEntries(states),
      layers: Object.fromEntries(states.map(([key, state]) => [key, state.layers]).filter(([, on]) => on)),
      colour: this.colour,
      at: this.moment.at,
    });
    this.say("Asked for. It is being made.");
  }

  // Whether it is a picture of its own, and no transport or curve beside one.
  get whole() {
    return Boolean(this.scene?.panes.length && this.scene.save?.includes("html"));
  }

  // The pictures of this clock, in the order of the page.
  get together() {
    const place = (player) => player.root.getBoundingClientRect();
    const order = (one, other) => place(one).top - place(other).top || place(one).left - place(other).left;
    return [...this.clock.members.keys()].filter(({ whole }) => whole).sort(order);
  }

  // The transports without panes of this clock, below its pictures.
  get below() {
    return [...this.clock.members.keys()].filter(({ bare }) => bare);
  }

  // The file gets all of them, as they are now.
  askForPage() {
    const scenes = [...this.together, ...this.below].map((player) => player.memory());
    this.emit("save", { format: "html", scenes });
    this.say("Asked for. It is being made.");
  }

  memory() {
    const { scene: { id, start }, slots } = this;
    for (const { pane } of slots) this.rememberPane(pane);
    this.rememberTime();
    const { time, ...memory } = memoryOf(id);
    // its own time counts, not that of the link with which the page was opened
    return { id, memory: time ? { ...memory, time: { ...time, told: start } } : memory };
  }

  say(text) {
    write(this.live, text);
  }
}
