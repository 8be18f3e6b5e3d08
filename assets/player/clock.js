// Time. A flow's clock runs over [0, 3]: encoder, projection (t stands still), decoder; a sequence's over its
// frames. A flow's frames lie at their times, which need be neither evenly spaced nor one for each layer. Players
// that name the same clock share it.

import { shared } from "./link.js";
import { clamp } from "./numbers.js";

const HALF_SECONDS = 3;
const PROJECTION_SECONDS = 0.8;
const REST_SECONDS = 0.9; // at the end, before it begins again
const HOLD_SECONDS = 2.5; // at the latent moment, where it is marked
const FRAME_SECONDS = 0.25;
const SEQUENCE_SECONDS = [3, 8];
const LONGEST_TICK_MS = 100;
const TINY = 1e-6;

export const SPEEDS = [0.25, 0.5, 1, 2, 4];

const count = new Intl.NumberFormat("en-US");

// What a timeline's clock means: null for a scene that stands still.
export function timing(timeline) {
  if (!timeline) return null;
  return timeline.kind === "flow" ? new FlowTime(timeline) : new SequenceTime(timeline);
}

// Where frames lie on a flow's clock by their times, that of the projection twice.
export function placesOf(times) {
  const middle = times.findIndex((t, i) => t === times[i + 1]);
  const [half, end] = [times[middle], times[times.length - 1]];
  return times.map((t, i) => (i <= middle ? t / half : i === middle + 1 ? 2 : 2 + (t - half) / (end - half)));
}

// The frame at a place of the clock, a fraction between two of them.
export function frameAt(places, at) {
  let [low, high] = [0, places.length - 1];
  if (at >= places[high]) return high;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (places[mid] <= at) low = mid;
    else high = mid;
  }
  return low + Math.max(0, (at - places[low]) / (places[high] - places[low]));
}

class FlowTime {
  constructor({ encoder, decoder, times, layers, horizon, drops, widths, width, names, drop_words: words, idle }) {
    Object.assign(this, { encoder, decoder, layers, horizon, drops, widths, width, names, words, idle });
    this.kind = "flow";
    this.places = placesOf(times);
    this.frames = times.length;
    this.end = decoder ? 3 : drops ? 2 : 1;
    this.digits = clamp(2 - Math.floor(Math.log10(horizon)), 1, 6);
    // share of the scrubber that the projection takes
    this.gap = !drops ? 0 : decoder ? 0.06 : 0.1;
  }

  frame(at) {
    return frameAt(this.places, at);
  }

  at(frame) {
    const { places, frames } = this;
    const k = clamp(Math.floor(frame), 0, frames - 2);
    return places[k] + Math.min(1, frame - k) * (places[k + 1] - places[k]);
  }

  time(at) {
    return (this.horizon / 2) * (Math.min(at, 1) + Math.max(0, at - 2));
  }

  pieces(skips) {
    const seconds = [HALF_SECONDS, skips ? 0 : PROJECTION_SECONDS, HALF_SECONDS];
    return seconds.map((whole, i) => ({ from: i, to: i + 1, seconds: whole }));
  }

  stops() {
    return this.places.filter((_, i) => this.drops || i !== this.encoder + 1);
  }

  // Where the scrubber stands, 0 to 1, and back.
  along(at) {
    const half = (1 - this.gap) / (this.decoder ? 2 : 1);
    return half * Math.min(at, 1) + this.gap * clamp(at - 1, 0, 1) + half * Math.max(0, at - 2);
  }

  under(share) {
    const half = (1 - this.gap) / (this.decoder ? 2 : 1);
    if (share <= half) return share / half;
    if (share < half + this.gap) return 1 + (share - half) / this.gap;
    return this.decoder ? 2 + (share - half - this.gap) / half : this.end;
  }

  // What the latent moment is, in a sentence; "" at another one.
  sentence(at) {
    if (at < 1 - TINY || at > 2 + TINY) return "";
    const { decoder, drops, encoder, widths, width } = this;
    const begin = `The latent moment, t = ${Number(this.time(1).toFixed(this.digits))}: `;
    if (!drops) return `${begin}nothing is dropped, all ${width} components go on.`;
    const kept = widths[decoder ? encoder : encoder - 1];
    const left = `${kept} of ${width} component${width > 1 ? "s" : ""} ${kept > 1 ? "are" : "is"} all that is left`;
    return `${begin}${left}${decoder ? ", and all that the decoder is given" : ""}.`;
  }

  // interval: the frames between which it lies; layer: the one that acts, of which there may be several frames. The
  // end of a phase still belongs to that phase.
  moment(at) {
    const { encoder, decoder, layers, drops, widths, width, idle } = this;
    const t = this.time(at);
    const frame = this.frame(at);
    const words = [`t = ${t.toFixed(this.digits)}`];
    const base = { at, t, frame };
    if (at > 1 && at <= 2) {
      words.push("bottleneck");
      if (decoder) words.push(`kept ${widths[encoder]} of ${width}`);
      words.push(drops ? this.words : "nothing is dropped");
      return { ...base, interval: encoder, phase: "bottleneck", words: words.join(" · ") };
    }
    const phase = at <= 1 ? "encoder" : "decoder";
    const interval = Math.min(Math.floor(frame + TINY), at <= 1 ? encoder - 1 : encoder + decoder);
    const [driven, begun, standing] = at <= 1 ? [widths[interval], 0, idle[0]] : [widths[interval - 1], 1, idle[1]];
    const layer = Math.min(Math.floor((at - 2 * begun) * layers + TINY), layers - 1) + begun * layers;
    words.push(phase, `layer ${layer + 1} of ${decoder ? 2 * layers : layers}`);
    words.push(`driven ${driven} of ${width}` + (driven < width ? `, ${width - driven} ${standing}` : ""));
    return { ...base, interval, layer, phase, words: words.join(" · ") };
  }
}

class SequenceTime {
  constructor({ name, values }) {
    Object.assign(this, { name, values });
    this.kind = "sequence";
    this.frames = values.length;
    this.end = Math.max(0, values.length - 1);
  }

  frame(at) {
    return at;
  }

  at(frame) {
    return frame;
  }

  pieces() {
    const seconds = clamp(FRAME_SECONDS * this.end, ...SEQUENCE_SECONDS);
    return this.end ? [{ from: 0, to: this.end, seconds }] : [];
  }

  stops() {
    return this.values.map((_, i) => i);
  }

  along(at) {
    return this.end ? at / this.end : 0;
  }

  under(share) {
    return share * this.end;
  }

  value(frame) {
    const value = this.values[frame];
    return Number.isInteger(value) ? count.format(value) : String(Number(value.toPrecision(4)));
  }

  sentence() {
    return "";
  }

  // Between two frames the nearer one gives the number.
  moment(at) {
    const i = clamp(Math.round(at), 0, this.frames - 1);
    const words = `${this.name} ${this.value(i)}`;
    return { at, t: this.values[i], frame: at, interval: Math.floor(at), phase: null, words };
  }
}

// Where a clock is some seconds later, going forwards through its pieces.
function after(pieces, at, seconds, end) {
  for (const { from, to, seconds: whole } of pieces) {
    if (at >= to) continue;
    const left = whole * ((to - at) / (to - from));
    if (seconds < left) return Math.min(end, at + (seconds / whole) * (to - from));
    seconds -= left;
    at = to;
  }
  return end;
}

class Clock {
  constructor(name) {
    this.name = name;
    this.members = new Map(); // player -> its timing
    Object.assign(this, { at: 0, playing: false, speed: 1, loop: true, scrubs: false, backwards: false });
    this.rests = false; // whether playing rests at the latent moment
    this.hold = 0; // seconds that it still rests there
    this.last = null;
    this.rest = REST_SECONDS;
    this.measure();
  }

  join(player, time) {
    this.members.set(player, time);
    this.measure();
  }

  leave(player) {
    this.members.delete(player);
    if (!this.members.size && shared.clocks.get(this.name) === this) shared.clocks.delete(this.name);
    this.measure();
  }

  measure() {
    const times = [...this.members.values()].filter(Boolean);
    this.end = Math.max(0, ...times.map((time) => time.end));
    const skips = times.every((time) => !time.drops);
    const longest = times.find((time) => time.end === this.end);
    this.pieces = longest ? longest.pieces(skips) : [];
    this.flows = times.some((time) => time.kind === "flow");
  }

  // Once a frame of the screen, however many players ask.
  tick(now) {
    const passed = this.last === null ? 0 : clamp(now - this.last, 0, LONGEST_TICK_MS) / 1000;
    this.last = now;
    if (!this.playing || !passed) return;
    if (this.hold > 0) {
      this.hold -= passed;
      return;
    }
    if (!this.over) {
      this.go(this.moved(passed * this.speed));
      return;
    }
    this.rest -= passed;
    if (this.rest > 0) return;
    if (this.loop) this.at = this.start;
    else this.pause();
  }

  // Goes on to a place, or only to the latent moment if it lies between and is marked.
  go(next) {
    const middle = this.backwards ? 2 : 1;
    const [low, high] = this.backwards ? [next, this.at] : [this.at, next];
    const meets = this.rests && this.flows && low <= middle && middle <= high && this.at !== middle;
    this.at = meets ? middle : next;
    this.hold = meets ? HOLD_SECONDS : 0;
    this.rest = REST_SECONDS;
  }

  // Where playing begins and whether it has come to its end: backwards it goes from the end to 0.
  get start() {
    return this.backwards ? this.end : 0;
  }

  get over() {
    return this.backwards ? this.at <= 0 : this.at >= this.end;
  }

  moved(seconds) {
    if (!this.backwards) return after(this.pieces, this.at, seconds, this.end);
    const { end } = this;
    const mirrored = this.pieces.map(({ from, to, seconds: whole }) =>
      ({ from: end - to, to: end - from, seconds: whole })).reverse();
    return end - after(mirrored, end - this.at, seconds, end);
  }

  play() {
    if (this.playing || !this.end) return;
    if (this.over) this.at = this.start;
    Object.assign(this, { playing: true, last: null, rest: REST_SECONDS });
    this.tell("play");
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.tell("pause");
  }

  seek(at) {
    this.playing = false;
    this.hold = 0;
    this.at = clamp(Number.isFinite(at) ? at : 0, 0, this.end);
    this.tell("seek");
  }

  // To the next or former frame of a timing.
  step(by, time) {
    const stops = time.stops().filter((stop) => stop <= this.end + TINY);
    const found = by > 0 ? stops.find((stop) => stop > this.at + TINY)
      : stops.reverse().find((stop) => stop < this.at - TINY);
    this.seek(found ?? (by > 0 ? this.end : 0));
  }

  set(settings) {
    Object.assign(this, settings, { last: null });
    this.tell("set");
  }

  tell(what) {
    for (const player of this.members.keys()) player.clocked(what);
  }
}

export function clockFor(name) {
  if (!name) return new Clock("");
  if (!shared.clocks.has(name)) shared.clocks.set(name, new Clock(name));
  return shared.clocks.get(name);
}
