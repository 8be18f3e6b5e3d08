// The picture and its timeline alone on the screen: all players of a clock that have a timeline, side by side, above
// everything else of the page. In full screen where the browser allows it, else as large as its window.

import { clamp } from "./numbers.js";

const ROOM = [760, 560]; // css px in which type is as large as usual
const LARGEST = 4;
const COLUMNS = [1, 1, 2, 3, 2]; // by the number of players

let cast = []; // the players on it now, and their transport where it is one of its own
let factor = 1; // how much larger everything is drawn

export class Stage {
  constructor(player) {
    this.player = player;
  }

  get on() {
    return cast.includes(this.player);
  }

  toggle() {
    if (!this.leave()) enter(castOf(this.player));
  }

  // False when it was not on.
  leave() {
    if (!this.on) return false;
    leave();
    return true;
  }

  // How much larger everything is drawn; the type in it follows.
  factor() {
    const large = this.on ? factor : 1;
    this.player.root.style.setProperty("--rem", `calc(${large.toFixed(3)} * 1rem)`);
    return large;
  }

  // The height for the panes in units of what is drawn; 0: as the scene says.
  room() {
    const { panesBox, scale } = this.player;
    if (!this.on) return 0;
    panesBox.style.height = "";
    return Math.max(1, panesBox.clientHeight / scale);
  }
}

// The pictures that share its clock, and the transport below them; or the player alone.
function castOf(player) {
  const pictures = player.time ? player.together.slice(0, COLUMNS.length - 1) : [];
  const below = player.time ? player.below : [];
  return pictures.includes(player) || player.bare ? [...pictures, ...below.slice(0, 1)] : [player];
}

async function enter(players) {
  cast = players;
  document.addEventListener("fullscreenchange", changed);
  document.addEventListener("focusin", held);
  window.addEventListener("resize", place);
  try {
    await document.documentElement.requestFullscreen();
  } catch {
    // not allowed here: the window is filled instead
  }
  if (cast !== players) return;
  for (const { root } of players) {
    root.popover = "manual";
    root.showPopover();
  }
  place();
  players[0].root.focus({ preventScroll: true });
  players[0].say("Full screen. Escape leaves it.");
}

function leave() {
  const players = cast;
  cast = [];
  document.removeEventListener("fullscreenchange", changed);
  document.removeEventListener("focusin", held);
  window.removeEventListener("resize", place);
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
  for (const player of players) {
    const { root } = player;
    if (root.popover) root.popover = null; // it is hidden, and an element as before
    for (const side of ["left", "top", "width", "height"]) root.style[side] = "";
    dress(player);
  }
  if (players.length) players[0].foot.present.focus({ preventScroll: true });
}

// Each picture in its part of the window, the transport along the bottom.
function place() {
  const pictures = cast.filter((player) => !player.bare);
  const columns = innerWidth < innerHeight && pictures.length > 1 ? 1 : COLUMNS[pictures.length] || 1;
  const rows = Math.ceil(pictures.length / columns);
  const width = innerWidth / columns;
  factor = clamp(Math.min(width / ROOM[0], innerHeight / rows / ROOM[1]), 1, LARGEST);
  let bottom = innerHeight;
  for (const player of cast.filter(({ bare }) => bare)) {
    put(player, { left: "0", top: "auto", width: `${innerWidth}px`, height: "auto" });
    bottom -= player.root.offsetHeight;
    player.root.style.top = `${bottom}px`;
  }
  pictures.forEach((player, i) => {
    const [x, y] = [(i % columns) * width, (Math.floor(i / columns) * bottom) / rows];
    put(player, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${bottom / rows}px` });
  });
}

function put(player, box) {
  Object.assign(player.root.style, box);
  dress(player);
}

function dress(player) {
  if (player.closed) return;
  const { headline, foot, stage } = player;
  headline.hidden = !stage.on || !headline.textContent;
  foot.staged();
  player.fit();
}

// The browser has left full screen, as it does on Escape.
function changed() {
  if (!document.fullscreenElement) leave();
}

// What lies under it cannot be seen, so the keyboard does not go there.
function held(event) {
  const path = event.composedPath();
  if (cast.length && !cast.some(({ root }) => path.includes(root))) cast[0].root.focus();
}
