// Places of the panes: side by side by span; where that is too narrow, in as many columns as fit evenly.

import { clamp } from "./numbers.js";

const NARROW = 240; // css px a pane
const GAP = 16;
const SMALL = 150; // css px a small pane
const SMALL_GAP = 12;
const LARGE = 440; // height of an enlarged one, where the small ones take less

const WIDE = 0.36; // height of a row of flat clouds, as a share of its width, where that is more than asked for
const GROWN = 1.6; // but not so many times as much

// `room`: the height that all of them share, where it is given.
export function layout({ panes, height }, width, room = 0) {
  if (!panes.length) return { places: [], height: 0 };
  const flat = panes.some(({ kind, dims }) => kind === "cloud" && dims === 2); // one unit on both axes
  const tall = flat ? clamp(Math.round(WIDE * width), height, Math.round(GROWN * height)) : height;
  let columns = panes.length;
  while (columns > 1 && (width < NARROW * columns || panes.length % columns)) columns--;
  const rows = Math.ceil(panes.length / columns);
  const free = columns === panes.length ? tall : Math.min(tall, Math.max(300, Math.round((0.8 * width) / columns)));
  const row = room ? (room + GAP) / rows - GAP : free;
  const spans = panes.map((pane) => pane.span || 1);
  const sum = (some) => some.reduce((a, b) => a + b, 0);
  const places = panes.map((_, i) => {
    const first = i - (i % columns);
    const unit = (width - GAP * (columns - 1)) / sum(spans.slice(first, first + columns));
    const x = sum(spans.slice(first, i)) * unit + GAP * (i - first);
    return { x, y: (first / columns) * (row + GAP), w: spans[i] * unit, h: row };
  });
  return { places, height: rows * (row + GAP) - GAP };
}

// Small panes in rows as even as may be, the last one ragged; `large`: the index of one that has all the room, or -1.
export function smallLayout({ panes, height: usual }, width, large, room = 0) {
  const most = Math.max(1, Math.min(panes.length, Math.floor((width + SMALL_GAP) / (SMALL + SMALL_GAP))));
  const columns = Math.ceil(panes.length / Math.ceil(panes.length / most));
  const rows = Math.ceil(panes.length / columns);
  const row = room ? (room + SMALL_GAP) / rows - SMALL_GAP : usual;
  const all = rows * (row + SMALL_GAP) - SMALL_GAP;
  if (large >= 0) {
    const height = room || Math.max(all, Math.min(LARGE, Math.max(300, width)));
    return { places: panes.map((_, i) => (i === large ? { x: 0, y: 0, w: width, h: height } : null)), height };
  }
  const w = (width - SMALL_GAP * (columns - 1)) / columns;
  const places = panes.map((_, i) => {
    const column = i % columns;
    return { x: column * (w + SMALL_GAP), y: ((i - column) / columns) * (row + SMALL_GAP), w, h: row };
  });
  return { places, height: all };
}
