// The picture and its timeline alone on the screen: all players of a clock that have a timeline, side by side, above
// everything else of the page. In full screen where the browser allows it, else as large as its window.

import { clamp } from "./numbers.js";

const ROOM = [760, 560]; // css px in which type is as large as usual
const LARGEST = 4;
const COLUMNS = [1, 1, 2, 3, 2]; // by the number of players

let cast = []; // the players on it now

export class Stage {
  constructor(player) {
    this.player = player;
  }

  get on() {
    return cast.includes(this.player);
  }

  toggle() {
    if (!this.leave()) enter(together(this.player));
  }

  // False when it was not on.
  leave() {
    if (!this.on) return false;
    leave();
    return true;
  }

  // How much larger everything is drawn; the type of the page follows.
  factor() {
    const { player: { root } } = this;
    const [wide, tall] = [parseFloat(root.style.width) / ROOM[0], parseFloat(root.style.height) / ROOM[1]];
    const factor = this.on ? clamp(Math.min(wide, tall) || 1, 1, LARGEST) : 1;
    root.style.setProperty("--rem", factor === 1 ? "1rem" : `calc(${factor.toFixed(3)} * 1rem)`);
    return factor;
  }

  // The height for the panes in units of what is drawn; 0: as the scene says.
  room() {
    const { panesBox, scale } = this.player;
    if (!this.on) return 0;
    panesBox.style.height = "";
    return Math.max(1, panesBox.clientHeight / scale);
  }
}

// The player alone, or all with a timeline that share its clock, in the order of the page.
function together(player) {
  if (!player.time || !player.scene.controls) return [player];
  const place = ({ root }) => root.getBoundingClientRect();
  const order = (one, other) => place(one).top - place(other).top || place(one).left - place(other).left;
  const others = [...player.clock.members.keys()].filter((one) => one.scene.controls && one.slots.length);
  return others.sort(order).slice(0, COLUMNS.length - 1);
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

// Each player in its part of the window.
function place() {
  const columns = innerWidth < innerHeight && cast.length > 1 ? 1 : COLUMNS[cast.length];
  const rows = Math.ceil(cast.length / columns);
  cast.forEach((player, i) => {
    const [w, h] = [innerWidth / columns, innerHeight / rows];
    const box = { left: (i % columns) * w, top: Math.floor(i / columns) * h, width: w, height: h };
    for (const [side, value] of Object.entries(box)) player.root.style[side] = `${value}px`;
    dress(player);
  });
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
  if (cast.length && !cast.some(({ root }) => path.includes(root))) cast[0].transport.toggle.focus();
}
