// What players of one page share (clocks, picked particles), and what outlives a page: sessionStorage.

export const shared = (window.autoencodePlayers ??= { clocks: new Map(), groups: new Map(), players: new Set() });

// ---- picked particles

class Picks {
  constructor() {
    this.chosen = new Set(); // replaced, never changed
    this.players = new Set();
  }

  set(particles) {
    this.chosen = new Set(particles);
    for (const player of this.players) player.relinked();
  }
}

export function joinPicks(name, player) {
  let picks = name ? shared.groups.get(name) : null;
  if (!picks) {
    picks = new Picks();
    if (name) shared.groups.set(name, picks);
  }
  picks.name = name;
  picks.players.add(player);
  return picks;
}

export function leavePicks(picks, player) {
  picks.players.delete(player);
  if (!picks.players.size && shared.groups.get(picks.name) === picks) shared.groups.delete(picks.name);
}

// ---- memory: JSON values by name, for each of the scenes shown last

const STORE = "autoencode.player";
const MOST_SCENES = 30;
let book = null;
let timer = 0;
let alone = false;

// The memory that a file brings along, [id, values by name] for each scene: what is done there is kept nowhere.
export function bring(memories) {
  book = new Map(memories);
  alone = true;
}

// What a link says of a scene of which nothing is remembered yet.
export function lend(id, memory) {
  if (!open().has(id)) book.set(id, memory);
}

function open() {
  if (book) return book;
  try {
    book = new Map(JSON.parse(sessionStorage.getItem(STORE) || "[]"));
  } catch {
    book = new Map();
  }
  window.addEventListener("pagehide", flush);
  return book;
}

export function flush() {
  clearTimeout(timer);
  timer = 0;
  for (const player of shared.players) player.rememberTime();
  if (alone) return;
  try {
    sessionStorage.setItem(STORE, JSON.stringify([...book]));
  } catch {
    // storage is full or forbidden: nothing is kept over a reload
  }
}

export function recall(id, name) {
  const page = open().get(id);
  return page && name in page ? page[name] : null;
}

// All that is remembered of a scene.
export const memoryOf = (id) => open().get(id) || {};

export function remember(id, name, value) {
  const page = memoryOf(id);
  page[name] = value;
  book.delete(id);
  book.set(id, page); // the youngest last
  while (book.size > MOST_SCENES) book.delete(book.keys().next().value);
  timer ||= setTimeout(flush, 250);
}
