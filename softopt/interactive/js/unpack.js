// The description that a widget was sent, with every array in its place as a view on the one buffer of numbers.

/** Read `spec` and `frames` of a model; an array was left as `{ offset, shape }` in a dictionary or a list. */
export function unpack(model) {
  const bytes = model.get("frames");
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const place = (value) => {
    if (Array.isArray(value)) return value.map(place);
    if (value === null || typeof value !== "object") return value;
    if ("offset" in value && "shape" in value) {
      const length = value.shape.reduce((product, n) => product * n, 1);
      return numbers.subarray(value.offset, value.offset + length);
    }
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, place(entry)]));
  };
  return place(model.get("spec"));
}
