// The cost as a surface over its plane, seen from a camera that hands turn.

import { spaceView } from "../player/camera.js";
import { put } from "../player/flat_pane.js";
import { role } from "../player/theme.js";
import { shades } from "./map.js";
import { general } from "./words.js";

const RISE = 1.1; // height of the surface, in halves of the plane's wider side
const MOST = 33; // lines of the mesh along an axis
const LIGHT = [-0.45, -0.35, 0.82];

// A panel of the surface: a and b to RISE, the highest level at the top.
export function rangeOf({ a, b }) {
  const ends = (line) => [line[0], line[line.length - 1]];
  const half = Math.max(ends(a)[1] - a[0], ends(b)[1] - b[0]) / 2;
  return [ends(a), ends(b), [0, RISE * half]];
}

export function drawSurface(ctx, theme, panel, camera) {
  panel.head(ctx, theme);
  const { room, scene } = panel;
  const top = rangeOf(scene)[2][1];
  panel.plot = { ...room, y: room.y + 4, h: room.h - 8 };
  const view = spaceView(panel.plot, camera, true);
  const [rows, columns] = panel.shape;
  const lift = (at) => top * panel.share(panel.height(at)) ** 2; // heights are linear, only levels are not
  const to = (at) => {
    const [i, j] = panel.steps(at);
    const near = [Math.min(columns - 1, Math.max(0, i)), Math.min(rows - 1, Math.max(0, j))];
    const inside = i >= 0 && j >= 0 && i <= columns - 1 && j <= rows - 1;
    return inside ? view.place([...at, lift(near)]) : [NaN, NaN];
  };
  mesh(ctx, theme, panel, view, lift, top);
  frame(ctx, theme, panel, view);
  panel.path(ctx, theme, to);
  panel.settle(ctx, theme, to);
  panel.marks(ctx, theme);
}

function mesh(ctx, theme, panel, view, lift, top) {
  const { shape: [rows, columns] } = panel;
  const lines = (n) => Array.from({ length: Math.min(MOST, n) }, (_, i) => (i * (n - 1)) / (Math.min(MOST, n) - 1));
  const [across, up] = [lines(columns), lines(rows)];
  const nodes = up.map((j) => across.map((i) => {
    const [x, y] = panel.plane([i, j]);
    const z = lift([i, j]);
    return { x, y, z, at: view.place([x, y, z]) };
  }));
  const cells = [];
  for (let r = 0; r + 1 < up.length; r++) {
    for (let c = 0; c + 1 < across.length; c++) {
      const corners = [nodes[r][c], nodes[r][c + 1], nodes[r + 1][c + 1], nodes[r + 1][c]];
      cells.push({ corners, depth: corners.reduce((sum, { at }) => sum + at[2], 0) });
    }
  }
  cells.sort((p, q) => q.depth - p.depth);
  const colours = shades(theme, panel.levels.length);
  ctx.lineWidth = 0.6;
  for (const { corners } of cells) {
    const height = Math.sqrt(corners.reduce((sum, { z }) => sum + z, 0) / 4 / top);
    const base = colours[Math.min(colours.length - 1, Math.floor(height * (colours.length - 1)) + 1)];
    const shade = brightness(corners);
    const [red, green, blue] = base.map((part) => Math.round(Math.min(255, part * shade)));
    ctx.fillStyle = ctx.strokeStyle = `rgb(${red},${green},${blue})`;
    ctx.beginPath();
    for (const { at } of corners) ctx.lineTo(at[0], at[1]);
    ctx.closePath();
    ctx.fill();
    ctx.stroke(); // no gaps between the cells
  }
}

function brightness([a, b, , d]) {
  const [ux, uy, uz] = [b.x - a.x, b.y - a.y, b.z - a.z];
  const [vx, vy, vz] = [d.x - a.x, d.y - a.y, d.z - a.z];
  const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const size = Math.hypot(nx, ny, nz) || 1;
  return 0.62 + 0.42 * ((nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2]) / size);
}

// The plane's outline with the names of its axes and of the height.
function frame(ctx, theme, panel, view) {
  const { a, b } = panel.scene;
  const [x, y] = [[a[0], a[a.length - 1]], [b[0], b[b.length - 1]]];
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([i, j]) => view.place([x[i], y[j], 0]));
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const [px, py] of corners) ctx.lineTo(px, py);
  ctx.closePath();
  ctx.stroke();
  const colour = role(theme, "data term").colour;
  const name = (text, values) => {
    const [px, py] = view.place(values);
    put(ctx, theme, text, px, py + 12, { align: "center", size: 11, colour: theme.ink });
  };
  name("a", [(x[0] + x[1]) / 2, y[0], 0]);
  name("b", [x[1], (y[0] + y[1]) / 2, 0]);
  put(ctx, theme, `top: J = ${general(panel.span[1])} and above`, panel.room.x + 4, panel.room.y + panel.room.h - 4, {
    size: 11, colour,
  });
}
