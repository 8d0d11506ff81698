// Lines of equal height on a grid, by marching squares, and the grid itself as a smooth picture.

/**
 * Draw the line on which `values`, (rows × columns) with its edges on those of the plot, have one level.
 *
 * `toX` and `toY` take a column and a row, whole or not, to pixels.
 */
export function contour(context, values, columns, level, toX, toY) {
  const rows = values.length / columns;
  context.beginPath();
  for (let row = 0; row + 1 < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1) {
      const k = row * columns + column;
      const a = values[k] - level;
      const b = values[k + 1] - level;
      const c = values[k + columns + 1] - level;
      const d = values[k + columns] - level;
      const above = (a > 0) + (b > 0) + (c > 0) + (d > 0);
      if (above === 0 || above === 4) continue;
      // Where the line crosses the four edges, in order around the cell.
      const crossings = [];
      if (a > 0 !== b > 0) crossings.push([column + a / (a - b), row]);
      if (b > 0 !== c > 0) crossings.push([column + 1, row + b / (b - c)]);
      if (c > 0 !== d > 0) crossings.push([column + d / (d - c), row + 1]);
      if (d > 0 !== a > 0) crossings.push([column, row + a / (a - d)]);
      // In a saddle there are four: its low corners are joined, as along the crease between two hills.
      const turn = crossings.length === 4 && a > 0 ? 1 : 0;
      for (let n = 0; n < crossings.length; n += 2) {
        const [from, to] = [crossings[(n + turn) % 4], crossings[(n + 1 + turn) % crossings.length]];
        context.moveTo(toX(from[0]), toY(from[1]));
        context.lineTo(toX(to[0]), toY(to[1]));
      }
    }
  }
  context.stroke();
}

/** A picture of the grid, one pixel a node; `paint(value)` gives red, green, blue and opacity, 0 to 255. */
export function nodes(values, columns, paint, canvas = document.createElement("canvas")) {
  const rows = values.length / columns;
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      image.data.set(paint(values[row * columns + column]), 4 * ((rows - 1 - row) * columns + column)); // lowest last
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Spread such a picture over a rectangle, the outermost nodes on its edges. */
export function spread(context, canvas, x, y, width, height) {
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0.5, 0.5, canvas.width - 1, canvas.height - 1, x, y, width, height);
}
