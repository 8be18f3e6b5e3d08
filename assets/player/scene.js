// The bytes of a scene, laid out by autoencode_core/figures/scenes/encoding.py: uint32 length of a JSON header, the
// header, the arrays that it names.

const KINDS = { f4: Float32Array, i2: Int16Array, u1: Uint8Array, u4: Uint32Array };

const isArray = (value) => Number.isInteger(value.at) && Array.isArray(value.shape) && value.kind in KINDS;

// The scene with typed arrays (their .shape on them) in the places where the header names arrays.
export function decode(data) {
  const { buffer } = data.slice(); // its own offset is odd, typed arrays want a multiple of 4
  const length = new DataView(buffer).getUint32(0, true);
  const start = 4 + length;
  const revive = (name, value) => {
    if (value === null || typeof value !== "object" || !isArray(value)) return value;
    const size = value.shape.reduce((product, part) => product * part, 1);
    const array = new KINDS[value.kind](buffer, start + value.at, size);
    array.shape = value.shape;
    return array;
  };
  return JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)), revive);
}

// What must be the same for a pane to move on from its former arrays.
export function shape(spec) {
  const arrays = Object.entries(spec).filter(([, value]) => ArrayBuffer.isView(value));
  return JSON.stringify([spec.kind, spec.key, spec.dims, arrays.map(([name, value]) => [name, value.shape])]);
}
