// Below the pictures: what hollow marks and the training path mean, and how far they are from the plane.

import { trace } from "../player/marks.js";
import { line, put } from "../player/flat_pane.js";
import { role } from "../player/theme.js";
import { general } from "./words.js";

const ROW = 20;
const SAMPLE = 34; // css px before the words
const GAP = 22;
const NEAR = 1e-3; // of the plane's width: what is nearer lies in it

const wide = ({ a }) => a[a.length - 1] - a[0];

// Whether a mark is only projected onto the plane.
export const isOff = (scene, { off }) => off > NEAR * wide(scene);

// From how far beside the plane the path is dotted.
export const farOf = (scene) => wide(scene) / 2;

// What there is to be said: {text, mark} or {text, dotted}.
export function legendOf(scene) {
  if (scene.kind !== "plane") return [];
  const hollow = scene.marks.filter((mark) => isOff(scene, mark));
  const items = hollow.map((mark) => ({ mark, text: `${mark.name} lies ${general(mark.off)} off this plane` }));
  const most = scene.path_off.filter(Number.isFinite).reduce((a, b) => Math.max(a, b), 0);
  if (scene.path.length > 2) {
    const beside = most > NEAR * wide(scene) ? `, up to ${general(most)} beside this plane` : "";
    items.unshift({ dotted: false, text: `training path${beside}` });
    if (most > farOf(scene)) items.splice(1, 0, { dotted: true, text: `more than ${general(farOf(scene))} beside it` });
  }
  return items;
}

// The items in rows no wider than the picture: {items with x and row, height}.
export function layLegend(ctx, theme, items, width) {
  ctx.font = `12px ${theme.font}`;
  let [x, row] = [0, 0];
  const laid = items.map((item) => {
    const room = SAMPLE + ctx.measureText(item.text).width;
    if (x && x + room > width) [x, row] = [0, row + 1];
    const place = { ...item, x, row };
    x += room + GAP;
    return place;
  });
  return { laid, height: items.length ? (row + 1) * ROW + 8 : 0 };
}

export function drawLegend(ctx, theme, { laid }, top) {
  for (const { x, row, text, mark, dotted } of laid) {
    const y = top + 8 + (row + 0.5) * ROW;
    if (mark) drawMark(ctx, theme, mark, x + SAMPLE / 2 - 2, y, true);
    else line(ctx, [[x + 4, y], [x + SAMPLE - 8, y]], role(theme, "decoder").colour, 2, dotted ? [2, 4] : []);
    put(ctx, theme, text, x + SAMPLE, y, { base: "middle", colour: theme.ink });
  }
}

// A mark; hollow where it is only projected.
export function drawMark(ctx, theme, { role: kind }, x, y, hollow) {
  const { colour, symbol } = role(theme, kind);
  trace(ctx, symbol, x, y, 6);
  ctx.setLineDash([]);
  Object.assign(ctx, { fillStyle: hollow ? theme.page : colour, strokeStyle: theme.page, lineWidth: hollow ? 4 : 1.5 });
  ctx.stroke();
  ctx.fill();
  if (!hollow) return;
  Object.assign(ctx, { strokeStyle: colour, lineWidth: 1.5 });
  ctx.setLineDash([2.5, 2]);
  ctx.stroke();
  ctx.setLineDash([]);
}
