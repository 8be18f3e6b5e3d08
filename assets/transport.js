/* Starts the animation above this component, repeats it, and gives it keys.
   Space plays and pauses; the arrow keys move one frame. */
const states = new WeakMap();

function chart(parent) {
  const root = parent.getRootNode();
  const page = root.host ? root.host.ownerDocument : document;
  return page.querySelector('.st-key-player .js-plotly-plot');
}

function button(plot, word) {
  return [...plot.querySelectorAll('.updatemenu-button')].find((b) => b.textContent.includes(word));
}

function press(plot, word) {
  const found = button(plot, word);
  if (found) found.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  return Boolean(found);
}

function step(plot, by) {
  const rail = plot.querySelector('.slider-rail-touch-rect');
  const slider = plot._fullLayout && plot._fullLayout.sliders && plot._fullLayout.sliders[0];
  if (!rail || !slider) return;
  const count = slider.steps.length;
  const next = Math.min(count - 1, Math.max(0, (slider.active || 0) + by));
  const box = rail.getBoundingClientRect();
  const inset = 10; // Plotly's, at both ends of the rail
  const x = box.left + inset + ((box.width - 2 * inset) * next) / (count - 1);
  const place = { bubbles: true, clientX: x, clientY: box.top + box.height / 2 };
  rail.dispatchEvent(new MouseEvent('mousedown', place));
  plot.dispatchEvent(new MouseEvent('mouseup', place));
}

function watch(state, plot) {
  if (state.plot === plot) return;
  state.plot = plot;
  plot.addEventListener('click', (event) => {
    const label = event.target.closest && event.target.closest('.updatemenu-button');
    if (label) state.playing = label.textContent.includes('Play');
    else if (event.target.closest && event.target.closest('.slider-group')) state.playing = false;
  }, true);
  plot.addEventListener('mousedown', (event) => {
    if (event.target.closest && event.target.closest('.slider-group')) state.playing = false;
  }, true);
  plot.on('plotly_animated', () => {
    clearTimeout(state.again);
    if (state.playing) state.again = setTimeout(() => { if (state.playing) press(plot, 'Play'); }, 900);
  });
}

export default function (component) {
  const { data, parentElement } = component;
  const state = states.get(parentElement) || {};
  states.set(parentElement, state);
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  const begin = () => {
    const plot = chart(parentElement);
    if (!plot || !plot.on || !button(plot, 'Play')) return;
    const fresh = state.plot !== plot || state.run !== data.run;
    watch(state, plot);
    if (!fresh) return;
    state.run = data.run;
    state.playing = !still;
    if (!still) setTimeout(() => press(plot, "Play"), 50);
  };
  const timer = setInterval(begin, 50);
  begin();

  const keys = (event) => {
    const plot = state.plot;
    const path = event.composedPath();
    const typing = path.some((node) => node.matches && node.matches('input, textarea, select, button, summary, a, [role=slider], [role=combobox], [contenteditable=true]'));
    if (!plot || !plot.isConnected || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === ' ') {
      state.playing = !state.playing;
      press(plot, state.playing ? 'Play' : 'Pause');
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      state.playing = false;
      press(plot, 'Pause');
      step(plot, event.key === 'ArrowRight' ? 1 : -1);
    } else return;
    event.preventDefault();
  };
  document.addEventListener('keydown', keys);
  return () => { clearInterval(timer); clearTimeout(state.again); document.removeEventListener('keydown', keys); };
}
