// Runs a generator for one picture on one thread: matrix products in WebAssembly (gemm.wat), everything else here.
// Maps are stored as (pixel, channel). ganlib/use/export/plan.py writes the plan.

const ACTIVATIONS = {
  relu: x => x > 0 ? x : 0,
  leaky: (x, slope) => x > 0 ? x : slope * x,
  elu: (x, alpha) => x > 0 ? x : alpha * Math.expm1(x),
  tanh: Math.tanh,
  sigmoid: x => 1 / (1 + Math.exp(-x)),
};

const padded = (count, to) => Math.ceil(count / to) * to;

function halfToFloat(halves) {
  const floats = new Float32Array(halves.length), bits = new Uint32Array(floats.buffer);
  halves.forEach((half, i) => {
    const sign = half >>> 15, exponent = half >>> 10 & 31, fraction = half & 1023;
    if (exponent) bits[i] = sign << 31 | exponent + 112 << 23 | fraction << 13;
    else floats[i] = (sign ? -1 : 1) * fraction * 2 ** -24;
  });
  return floats;
}

// The number of floats that a layer needs: for the factor and the result of its product, if it has one, and for its output.
function room(layer) {
  const pixels = layer.edge ** 2, rows = layer.op === 'dense' ? 4 : padded(pixels, 4);
  const gathered = layer.op === 'convolution' || layer.op === 'dense';
  return {
    factor: gathered ? rows * layer.inputs : 0,
    product: layer.columns ? rows * layer.columns : 0,
    map: {
      dense: layer.outputs,
      up: layer.out ** 2 * layer.channels,
      convolution: pixels * layer.channels,
      bilinear: 4 * pixels * layer.channels,
      nearest: 4 * pixels * layer.channels,
    }[layer.op] + 4 * (layer.channels || 0),  // a product reads its map in rows of four pixels
  };
}

// Returns a function from the generator's input to its picture: size * size * 3 floats, valid until the next call.
async function engine(wasm, plan, weights) {
  const {instance} = await WebAssembly.instantiate(wasm);
  const {memory, gemm} = instance.exports;
  const rooms = plan.layers.map(room), most = part => padded(Math.max(...rooms.map(needs => needs[part])), 4);
  const places = {}, input = Math.max(most('map'), padded(plan.layers[0].inputs, 4));
  let end = 256;
  for (const [name, floats] of [['weights', padded(weights.length, 4)], ['factor', most('factor')], ['product', most('product')], ['a', input], ['b', input]]) {
    places[name] = end;
    end += floats;
  }
  memory.grow(Math.ceil(end * 4 / 65536));
  const F = new Float32Array(memory.buffer);
  F.set(weights, places.weights);

  const multiply = (layer, factor, rows) => gemm(factor * 4, (places.weights + layer.weight) * 4, places.product * 4, padded(rows, 4), layer.inputs, layer.columns);
  const activate = (layer, from, to) => {
    const f = ACTIVATIONS[layer.activation];
    if (f) for (let i = from; i < to; i++) F[i] = f(F[i], layer.parameter);
  };

  const run = {
    dense(layer, x, y) {
      F.copyWithin(places.factor, x, x + layer.inputs);
      multiply(layer, places.factor, 1);
      const bias = places.weights + layer.bias;
      for (let i = 0; i < layer.outputs; i++) F[y + i] = F[places.product + i] + F[bias + i];
      return layer.outputs;
    },
    // A transposed convolution: multiplies every pixel by all taps and adds each product to its output pixel.
    up(layer, x, y) {
      const {edge, kernel, stride, padding, out, channels, columns} = layer, bias = places.weights + layer.bias;
      multiply(layer, x, edge * edge);
      for (let i = 0; i < out * out; i++) F.copyWithin(y + i * channels, bias, bias + channels);
      for (let row = 0; row < edge; row++) for (let column = 0; column < edge; column++) {
        const taps = places.product + (row * edge + column) * columns;
        for (let ky = 0; ky < kernel; ky++) {
          const top = row * stride - padding + ky;
          if (top < 0 || top >= out) continue;
          for (let kx = 0; kx < kernel; kx++) {
            const left = column * stride - padding + kx;
            if (left < 0 || left >= out) continue;
            const from = taps + (ky * kernel + kx) * channels, to = y + (top * out + left) * channels;
            for (let c = 0; c < channels; c++) F[to + c] += F[from + c];
          }
        }
      }
      return out * out * channels;
    },
    // 3x3 with zero padding: gathers every pixel's neighbours in a row and multiplies by the weights.
    convolution(layer, x, y) {
      const {edge, inChannels, channels, inputs, columns} = layer, bias = places.weights + layer.bias;
      F.fill(0, places.factor, places.factor + edge * edge * inputs);
      for (let row = 0; row < edge; row++) for (let ky = 0; ky < 3; ky++) {
        const top = row + ky - 1;
        if (top < 0 || top >= edge) continue;
        for (let column = 0; column < edge; column++) {
          const first = Math.max(column - 1, 0), last = Math.min(column + 1, edge - 1), from = x + (top * edge + first) * inChannels;
          const to = places.factor + (row * edge + column) * inputs + (ky * 3 + first - column + 1) * inChannels;
          F.copyWithin(to, from, from + (last - first + 1) * inChannels);
        }
      }
      multiply(layer, places.factor, edge * edge);
      for (let i = 0; i < edge * edge; i++) for (let c = 0; c < channels; c++) F[y + i * channels + c] = F[places.product + i * columns + c] + F[bias + c];
      return edge * edge * channels;
    },
    // Bilinear doubling: in each direction 3/4 of the nearest pixel and 1/4 of the next, with the border repeated.
    bilinear(layer, x, y) {
      const {edge, channels} = layer, out = 2 * edge;
      const near = i => i >> 1, beyond = i => Math.max(0, Math.min(edge - 1, i % 2 ? (i >> 1) + 1 : (i >> 1) - 1));
      for (let row = 0; row < out; row++) for (let column = 0; column < out; column++) {
        const at = (r, c) => x + (r * edge + c) * channels, to = y + (row * out + column) * channels;
        const nn = at(near(row), near(column)), nb = at(near(row), beyond(column)), bn = at(beyond(row), near(column)), bb = at(beyond(row), beyond(column));
        for (let c = 0; c < channels; c++) F[to + c] = 0.75 * (0.75 * F[nn + c] + 0.25 * F[nb + c]) + 0.25 * (0.75 * F[bn + c] + 0.25 * F[bb + c]);
      }
      return 4 * edge * edge * channels;
    },
    // Nearest-neighbour doubling.
    nearest(layer, x, y) {
      const {edge, channels} = layer, out = 2 * edge;
      for (let row = 0; row < out; row++) for (let column = 0; column < out; column++) {
        const from = x + ((row >> 1) * edge + (column >> 1)) * channels;
        F.copyWithin(y + (row * out + column) * channels, from, from + channels);
      }
      return 4 * edge * edge * channels;
    },
  };

  return values => {
    let [x, y] = [places.a, places.b], count = 0;
    F.set(values, x);
    for (const layer of plan.layers) {
      count = run[layer.op](layer, x, y);
      activate(layer, y, y + count);
      [x, y] = [y, x];
    }
    return F.subarray(x, x + count);
  };
}
