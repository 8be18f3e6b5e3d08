// The WebGL2 pencil. Arrays that do not change are uploaded once and known by their identity: positions of all
// frames lie in one buffer, frames k and k + 1 are two offsets into it, and the shader mixes them.
//
// Calls, of both pencils (canvas.js has the same):
//   begin(width, height, ratio, page)   css px, device px per css px, css colour of the page
//   pane(plot)                          {x, y, w, h} in css px: where the next calls draw, and where they are cut off
//   marks({count, from, to, mix, looks | tint, symbol, picks, radius, hollow, alpha, dim, space, outline})
//   segments({count, p, q, looks | tint, width | head, alpha, space})   p and q: {from, to, mix}; head: only the
//     heads of the arrows from p to q, as long as that in css px
//   strokes([[x, y, x, y] in css px ..], tint, alpha, width)
//   raster({values, shape, map, tint, alpha})   values may be others at each call
//   end(), dispose(), lost(callback)
// A from or to is {array, size, at, map}: Int16Array of points with `size` components, first point, View.matrix().
// looks: (n, 4) bytes, colour and symbol of each point; tint: [r, g, b]; space: three dimensions, near hides far.

import { PlainPencil } from "./canvas.js";
import { atlas, CELL, CELLS, colourOf } from "./marks.js";
import * as shaders from "./shaders.js";

const KEPT_FRAMES = 120; // how long an upload outlives its last use
const SLOW = /swiftshader|llvmpipe|softpipe|software|basic render/i;

// webgl: true takes WebGL2 where a graphics processor does the work (an emulated one is slower than the plain
// pencil), "always" takes it anyway, false never. kind: "webgl", "canvas", or null where there is neither.
export function createPencil(container, { webgl = true } = {}) {
  for (const [kind, Pencil] of [["webgl", GlPencil], ["canvas", PlainPencil]]) {
    if (kind === "webgl" && !webgl) continue;
    const canvas = document.createElement("canvas");
    canvas.className = "gl";
    try {
      const pencil = new Pencil(canvas, webgl === "always");
      container.prepend(canvas);
      return { pencil, kind };
    } catch {
      // the next kind may be there
    }
  }
  return { pencil: null, kind: null };
}

class Program {
  constructor(gl, vertex, fragment) {
    this.gl = gl;
    this.program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
    }
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(this.program));
    this.places = new Map();
  }

  place(name) {
    if (!this.places.has(name)) this.places.set(name, this.gl.getUniformLocation(this.program, name));
    return this.places.get(name);
  }

  use(numbers) {
    const { gl } = this;
    gl.useProgram(this.program);
    for (const [name, value] of Object.entries(numbers)) {
      if (typeof value === "number" || typeof value === "boolean") gl.uniform1f(this.place(name), value);
      else if (value.length === 16) gl.uniformMatrix4fv(this.place(name), false, value);
      else gl[`uniform${value.length}fv`](this.place(name), value);
    }
  }
}

// ---- the pencil

const share = (tint, last) => (tint ? [tint[0] / 255, tint[1] / 255, tint[2] / 255, last] : [0, 0, 0, 0]);

class GlPencil {
  constructor(canvas, always) {
    const wishes = { antialias: false, depth: true, alpha: true, powerPreference: "high-performance" };
    const gl = canvas.getContext("webgl2", { ...wishes, failIfMajorPerformanceCaveat: !always });
    if (!gl) throw new Error("no WebGL2");
    const details = gl.getExtension("WEBGL_debug_renderer_info");
    const name = gl.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
    if (!always && SLOW.test(name)) throw new Error("WebGL2 is emulated");
    Object.assign(this, { canvas, gl, entries: new Map(), now: 0, quads: 0 });
    this.marker = new Program(gl, shaders.MARK_VERTEX, shaders.MARK_FRAGMENT);
    this.disker = new Program(gl, shaders.MARK_VERTEX, shaders.DISC_FRAGMENT);
    this.liner = new Program(gl, shaders.SEGMENT_VERTEX, shaders.SEGMENT_FRAGMENT);
    this.painter = new Program(gl, shaders.RASTER_VERTEX, shaders.RASTER_FRAGMENT);
    this.corners = gl.createBuffer();
    this.drawn = gl.createBuffer();
    this.atlas = gl.createTexture();
    this.sheet = gl.createTexture();
    this.bytes(this.atlas, atlas(), [CELLS * CELL, CELL]);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.enable(gl.SCISSOR_TEST);
    gl.depthFunc(gl.LEQUAL);
  }

  begin(width, height, ratio, page) {
    const { gl, canvas } = this;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    Object.assign(this, { height, ratio, page: share(colourOf(page), 1).slice(0, 3) });
    this.now++;
    gl.disable(gl.SCISSOR_TEST);
    gl.depthMask(true);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
  }

  pane(plot) {
    this.plot = plot;
    const sides = [plot.x, this.height - plot.y - plot.h, plot.w, plot.h];
    const [x, y, w, h] = sides.map((v) => Math.round(v * this.ratio));
    this.gl.viewport(x, y, w, h);
    this.gl.scissor(x, y, w, h);
    this.half = [w / 2, h / 2];
  }

  marks({ count, from, to, mix, looks, tint, symbol = 0, picks, radius, hollow, alpha, dim = 1, space, outline }) {
    const { gl, ratio } = this;
    this.depth(space, true);
    this.points(0, from, 1);
    this.points(1, to, 1);
    this.looks(looks, 1);
    const simple = !hollow && !outline && (tint ? !symbol : this.round(looks));
    (simple ? this.disker : this.marker).use({
      ma: from.map.m, mb: to.map.m, ra: from.map.rest, rb: to.map.rest, s: mix, tint: share(tint, 1), page: this.page,
      radius: radius * ratio, margin: 0.6 + (outline ? 2 * ratio : 0), dim, symbol, alpha, space: !!space,
      hollow: hollow ? 1.25 * ratio : 0, outline: share(outline, 1.5 * ratio),
    });
    if (!picks) gl.drawArrays(gl.POINTS, 0, count);
    else {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffer(picks, 1, gl.ELEMENT_ARRAY_BUFFER));
      gl.drawElements(gl.POINTS, picks.length, gl.UNSIGNED_INT, 0);
    }
  }

  segments({ count, p, q, looks, tint, width = 0, head = 0, alpha, space }) {
    this.depth(space, false);
    [p.from, p.to, q.from, q.to].forEach((end, i) => this.points(i, end, 4));
    this.looks(looks, 4);
    const maps = [p.from.map, p.to.map, q.from.map, q.to.map];
    const numbers = { s: [p.mix, q.mix], tint: share(tint, 1), alpha, half_size: this.half };
    Object.assign(numbers, { width: width * this.ratio, head: head * this.ratio });
    maps.forEach(({ m, rest }, i) => Object.assign(numbers, { [`m${"abcd"[i]}`]: m, [`r${"abcd"[i]}`]: rest }));
    this.liner.use(numbers);
    this.quadrangles(count);
  }

  strokes(lines, tint, alpha, width = 1) {
    if (!lines.length) return;
    const { gl, plot, ratio } = this;
    this.depth(false, false);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.drawn);
    gl.bufferData(gl.ARRAY_BUFFER, Float32Array.from(lines.flatMap((l) => [...l, ...l, ...l, ...l])), gl.STREAM_DRAW);
    for (let i = 0; i < 4; i++) {
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, 2, gl.FLOAT, false, 16, i < 2 ? 0 : 8);
    }
    this.looks(null);
    const [w, h] = [2 / plot.w, 2 / plot.h];
    const m = [w, 0, 0, 0, 0, -h, 0, 0, 0, 0, 0, 0, -1 - w * plot.x, 1 + h * plot.y, 0, 1];
    const none = [0, 0, 0, 0];
    this.liner.use({
      ma: m, mb: m, mc: m, md: m, ra: none, rb: none, rc: none, rd: none, s: [0, 0], tint: share(tint, 1),
      alpha: [alpha, alpha], width: width * ratio, head: 0, half_size: this.half,
    });
    this.quadrangles(lines.length);
  }

  raster({ values, shape, map, tint, alpha }) {
    const { gl } = this;
    this.depth(false, false);
    this.bytes(this.sheet, values, shape);
    this.painter.use({ ma: map, tint: share(tint, 1), alpha });
    for (let i = 0; i < 5; i++) gl.disableVertexAttribArray(i);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.bindTexture(gl.TEXTURE_2D, this.atlas); // as the marks expect
  }

  end() {
    for (const [array, entry] of this.entries) {
      if (this.now - entry.used < KEPT_FRAMES) continue;
      entry.free();
      this.entries.delete(array);
    }
  }

  lost(callback) {
    this.whenLost = callback;
    this.canvas.addEventListener("webglcontextlost", callback);
  }

  dispose() {
    this.canvas.remove();
    this.canvas.removeEventListener("webglcontextlost", this.whenLost);
    const lose = this.gl.getExtension("WEBGL_lose_context");
    if (lose && !this.gl.isContextLost()) lose.loseContext();
  }

  // ---- what lies on the graphics processor

  depth(on, writes) {
    const { gl } = this;
    if (on) gl.enable(gl.DEPTH_TEST);
    else gl.disable(gl.DEPTH_TEST);
    gl.depthMask(writes);
  }

  points(place, { array, size, at }, copies) {
    const { gl } = this;
    const stride = (size === 3 ? 4 : size) * 2;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer(array, copies, gl.ARRAY_BUFFER, size));
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, stride / 2, gl.SHORT, false, stride, at * copies * stride);
  }

  looks(array, copies) {
    const { gl } = this;
    if (!array) return gl.disableVertexAttribArray(4);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer(array, copies, gl.ARRAY_BUFFER, 4));
    gl.enableVertexAttribArray(4);
    return gl.vertexAttribPointer(4, 4, gl.UNSIGNED_BYTE, true, 4, 0);
  }

  // Whether all marks are circles.
  round(looks) {
    const entry = this.entries.get(looks);
    entry.round ??= looks.every((byte, i) => i % 4 < 3 || byte === 0);
    return entry.round;
  }

  // The four corners of each quadrangle are four copies of its point; corners alone beat instances by far where
  // the graphics processor is emulated.
  buffer(array, copies, target, size = 1) {
    const { gl } = this;
    let entry = this.entries.get(array);
    if (!entry) {
      entry = { buffers: {}, free: () => Object.values(entry.buffers).forEach((b) => gl.deleteBuffer(b)) };
      this.entries.set(array, entry);
    }
    entry.used = this.now;
    if (!entry.buffers[copies]) {
      entry.buffers[copies] = gl.createBuffer();
      gl.bindBuffer(target, entry.buffers[copies]);
      gl.bufferData(target, laidOut(array, copies, size), gl.STATIC_DRAW);
    }
    return entry.buffers[copies];
  }

  // Bytes (rows, columns) into a texture, which stays bound.
  bytes(texture, values, [rows, columns]) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, columns, rows, 0, gl.RED, gl.UNSIGNED_BYTE, values);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  }

  quadrangles(count) {
    const { gl } = this;
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.corners);
    if (count > this.quads) {
      this.quads = 2 * count;
      const indices = new Uint32Array(6 * this.quads);
      for (let i = 0; i < indices.length; i++) indices[i] = 4 * Math.floor(i / 6) + [0, 1, 2, 2, 1, 3][i % 6];
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, indices, gl.STATIC_DRAW);
    }
    gl.drawElements(gl.TRIANGLES, 6 * count, gl.UNSIGNED_INT, 0);
  }
}

// Three components are padded to four (strides in whole words), and each point copied.
function laidOut(array, copies, size) {
  const wide = size === 3 ? 4 : size;
  if (copies === 1 && wide === size) return array;
  const out = new array.constructor((array.length / size) * copies * wide);
  for (let i = 0, o = 0; i < array.length; i += size) {
    for (let c = 0; c < copies; c++, o += wide) for (let j = 0; j < size; j++) out[o + j] = array[i + j];
  }
  return out;
}
