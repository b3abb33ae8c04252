// The z of a seed, as ganlib/use/latents.py defines it; a seed is an integer from 0 to 2^53 - 1.

function word(seed, i) {
  const low = seed >>> 0, high = Math.floor(seed / 2 ** 32), keys = [low, high, low ^ high ^ 0x1bd11bda];
  let x = i + keys[0] | 0, y = keys[1] | 0;
  for (let block = 0; block < 5; block++) {
    for (const rotation of block % 2 ? [17, 29, 16, 24] : [13, 15, 26, 6]) {
      x = x + y | 0;
      y = (y << rotation | y >>> 32 - rotation) ^ x;
    }
    x = x + keys[(block + 1) % 3] | 0;
    y = y + keys[(block + 2) % 3] + block + 1 | 0;
  }
  return x >>> 0;
}

function normal(u) {
  const ratio = (r, above, below) => [above, below].map(side => side.reduceRight((sum, factor) => sum * r + factor, 0)).reduce((a, b) => a / b);
  const q = u - 0.5, r = Math.sqrt(-Math.log(Math.min(u, 1 - u)));
  if (Math.abs(q) <= 0.425) {
    const above = [3.3871327179, 50.434271938, 159.29113202, 59.109374720], below = [1, 17.895169469, 78.757757664, 67.187563600];
    return q * ratio(0.180625 - q * q, above, below);
  }
  return Math.sign(q) * (r <= 5
    ? ratio(r - 1.6, [1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103], [1, 0.73700164250, 0.12021132975])
    : ratio(r - 5, [6.6579051150, 3.0812263860, 0.42868294337, 0.017337203997], [1, 0.24197894225, 0.012258202635]));
}

const norm = z => Math.hypot(...z);

function latent(prior, seed, size) {
  const us = Array.from({length: size}, (_, i) => (word(seed, i) + 0.5) / 2 ** 32);
  if (prior === 'uniform') return Float32Array.from(us, u => 2 * u - 1);
  const z = us.map(normal), scale = prior === 'spherical' ? Math.sqrt(size) / norm(z) : 1;
  return Float32Array.from(z, value => value * scale);
}

// Spherical interpolation: the midpoint of a straight line is closer to 0 than its ends, and its pictures are paler.
function slerp(a, b, share) {
  const cosine = a.reduce((sum, value, i) => sum + value * b[i], 0) / (norm(a) * norm(b)), angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  if (Math.sin(angle) < 1e-6) return a.map((value, i) => (1 - share) * value + share * b[i]);
  return a.map((value, i) => (Math.sin((1 - share) * angle) * value + Math.sin(share * angle) * b[i]) / Math.sin(angle));
}
