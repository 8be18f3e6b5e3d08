// Small multiples: panes with a short head each, of which one may be enlarged. Every function takes the player.

import { layout, smallLayout } from "./layout.js";
import { recall, remember } from "./link.js";

// Which pane has all the room: that of the same place as before, also of other small panes; of the first scene the
// one remembered for it.
export function largeOf({ scene, large, slots }, again) {
  const goesOn = again || slots.some(({ pane }) => pane.size);
  const key = goesOn ? large : recall(scene.id, "large");
  const there = scene.small && scene.panes.some((pane, i) => String(pane.key ?? i) === key);
  if (goesOn && there) remember(scene.id, "large", key); // for a reload
  return there ? key : null;
}

// How a pane is shown: "" beside others of its own kind, "small", or "large".
export function sizeOf({ scene, large }, key) {
  if (!scene.small) return "";
  return key === large ? "large" : "small";
}

// room: the height for all of them, 0: as the scene says.
export function places({ scene, slots, large }, width, room = 0) {
  const found = slots.findIndex(({ key }) => key === large);
  return scene.small ? smallLayout(scene, width, found, room) : layout(scene, width, room);
}

// A pane is enlarged, or with null all are small again; the focus stays with the pane.
export function enlarge(player, key) {
  const { scene, slots, root } = player;
  if (!scene.small || player.large === key) return false;
  const former = slots.find((slot) => slot.key === player.large);
  const focused = root.getRootNode().activeElement;
  player.large = key;
  remember(scene.id, "large", key);
  player.point(-1);
  for (const { pane } of slots) if (pane.setLasso) pane.setLasso(false);
  player.fit();
  const slot = slots.find((one) => one.key === key);
  if (former && former.pane.head.contains(focused)) former.pane.opener.focus({ preventScroll: true });
  player.say(slot ? `${slot.spec.title} enlarged` : "all are shown");
  return true;
}

// What hands may do, in words. turn: what a drag does, "" where there are no clouds; `hands`: what may be done to one.
export function hint({ scene, large }, turn, hands) {
  const free = turn ? hands : [];
  if (!scene.small) return free;
  if (large !== null) return ["Escape shows all again", ...free];
  return ["Click a picture to enlarge it", ...(turn ? [`drag to ${turn} all`] : [])];
}
