// The player as it is now, as one PNG, sharp enough for a slide: title, panes, caption, legend on the page's colour.

import { legend } from "./legend.js";
import { stamp } from "./marks.js";

const MARGIN = 16;
const LINE = 22;

const WIDE = 1920; // pixels of the picture at least
const SHARP = 2; // pixels of it for each css px at least

export function savePicture(player) {
  // Both of one moment: the picture is packed later, and the player may go on meanwhile.
  const name = nameOf(player);
  const [width, , usual] = player.size;
  const ratio = Math.max(SHARP, usual, WIDE / (width + 2 * MARGIN));
  const sheet = player.drawnAt(ratio, () => compose(player));
  sheet.toBlob((blob) => {
    if (!blob) return player.say("The picture could not be made.");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    return player.say("The picture is saved.");
  });
}

// That of the run and the moment: circle-k1-lambda0.0001-t2.50.png.
function nameOf({ scene, time, moment }) {
  const when = time ? moment.words.split(" · ")[0].replace(" = ", "") : "";
  const words = [scene.file || scene.title || "player", when].filter(Boolean).join("-");
  return `${words.trim().replace(/[^\p{L}\p{N}.]+/gu, "-").slice(0, 100)}.png`;
}

function compose(player) {
  const { scene, theme, size: [width, height, ratio] } = player;
  const entries = legend(player);
  const words = [player.time ? player.moment.words : "", scene.caption].filter(Boolean).join(" · ");
  const sheet = document.createElement("canvas");
  const ctx = sheet.getContext("2d");
  const top = scene.title ? MARGIN + LINE + 6 : MARGIN;
  ctx.font = `13px ${theme.font}`;
  const rows = rowsOf(ctx, entries, width);
  sheet.width = Math.round((width + 2 * MARGIN) * ratio);
  sheet.height = Math.round((top + height + LINE * (rows.length + (words ? 1 : 0)) + 2 * MARGIN) * ratio);
  ctx.scale(ratio, ratio);
  ctx.fillStyle = theme.page;
  ctx.fillRect(0, 0, sheet.width, sheet.height);
  const write = (text, x, y, font = "13px", colour = theme.ink) => {
    ctx.font = `${font} ${theme.font}`;
    ctx.fillStyle = colour;
    ctx.fillText(text, x, y);
  };
  if (scene.title) write(scene.title, MARGIN, MARGIN + 16, "600 18px");
  for (const canvas of player.panesBox.querySelectorAll("canvas")) {
    ctx.drawImage(canvas, MARGIN, top, width, height);
  }
  drawHeads(player, write, top);
  let y = top + height + MARGIN + 4;
  if (words) write(words, MARGIN, y);
  for (const row of rows) {
    if (words || row !== rows[0]) y += LINE;
    for (const { x, entry } of row) drawEntry(ctx, write, entry, MARGIN + x, y);
  }
  return sheet;
}

function drawHeads(player, write, top) {
  const box = player.panesBox.getBoundingClientRect();
  const { scale } = player;
  const place = (node) => {
    const { left, bottom } = node.getBoundingClientRect();
    return [MARGIN + (left - box.left) / scale, top + (bottom - box.top) / scale - 5];
  };
  for (const { pane } of player.slots) {
    for (const [name, font, colour] of [["title", "600 14px", "ink"], ["note", "12px", "muted"]]) {
      const node = pane.head && pane.head.querySelector(`.${name}`);
      const shown = node && node.textContent && node.getClientRects().length; // others have all the room
      if (shown) write(node.textContent, ...place(node), font, player.theme[colour]);
    }
  }
}

const BAR = 80;

function widthOf(ctx, { stops, low, high, text }) {
  const numbers = [low, high].reduce((sum, n) => sum + (n === undefined ? 0 : ctx.measureText(n).width + 6), 0);
  return (stops ? BAR + numbers : 12) + 6 + ctx.measureText(text).width + 16;
}

function rowsOf(ctx, entries, width) {
  const rows = [];
  let x = Infinity;
  for (const entry of entries) {
    const wide = widthOf(ctx, entry);
    if (x + wide > width) {
      rows.push([]);
      x = 0;
    }
    rows[rows.length - 1].push({ x, entry });
    x += wide;
  }
  return rows;
}

function drawEntry(ctx, write, { hex, symbol, hollow, stops, low, high, text }, left, y) {
  let x = left;
  const put = (words) => {
    write(words, x, y);
    x += ctx.measureText(words).width + 6;
  };
  if (low !== undefined) put(low);
  if (stops) {
    const shade = ctx.createLinearGradient(x, 0, x + BAR, 0);
    stops.forEach((stop, i) => shade.addColorStop(i / Math.max(1, stops.length - 1), stop));
    ctx.fillStyle = shade;
    ctx.fillRect(x, y - 9, BAR, 9);
    x += BAR + 6;
  } else {
    ctx.drawImage(stamp(hex, symbol, hollow), x, y - 11, 12, 12);
    x += 18;
  }
  if (high !== undefined) put(high);
  put(text);
}
