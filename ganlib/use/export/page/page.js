const META = JSON.parse(document.getElementById('meta').textContent);
const PLAN = JSON.parse(document.getElementById('plan').textContent);
const $ = id => document.getElementById(id);

async function bytes(id) {
  const packed = Uint8Array.from(atob($(id).textContent.trim()), letter => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}

$('speed').textContent = 'Loading …';
const run = await engine(await bytes('wasm'), PLAN, halfToFloat(new Uint16Array(await bytes('weights'))));

const {name, size, prior, latentSize, range: [low, high], directions, reach, conditions} = META;
const SEEDS = Number.MAX_SAFE_INTEGER, GALLERY = 16;
const chosen = conditions.map(() => 0);
const shifts = directions.map(() => 0);
const times = [];
let seed = 1, other = 2, share = 0, walking = false;

const face = seed => latent(prior, seed, latentSize);
const shown = () => shifts.reduce((z, shift, k) => moved(z, k, shift), slerp(face(seed), face(other), share));

// z moved along a direction, then back to the support of the prior: clipped to its cube or scaled to its sphere.
function moved(z, k, shift) {
  if (!shift) return z;
  const there = z.map((value, i) => value + shift * reach * directions[k][i]);
  if (prior === 'uniform') return there.map(value => Math.max(-1, Math.min(1, value)));
  return prior === 'spherical' ? there.map(value => value * Math.sqrt(latentSize) / norm(there)) : there;
}

// Levels (pixel, colour), rounded and clipped as in Python.
function picture(z, rows = chosen) {
  const begun = performance.now();
  const values = run([...z, ...PLAN.tables.flatMap((table, k) => table[rows[k]])]);
  const levels = Uint8ClampedArray.from(values, value => (value - low) * 255 / (high - low));
  times.push(performance.now() - begun);
  if (times.length > 30) times.shift();
  return levels;
}

function paint(canvas, z) {
  const levels = picture(z), image = new ImageData(size, size);
  for (let i = 0; i < size * size; i++) image.data.set([levels[3 * i], levels[3 * i + 1], levels[3 * i + 2], 255], 4 * i);
  canvas.getContext('2d').putImageData(image, 0, 0);
}

function showSpeed() {
  const middle = [...times].sort((a, b) => a - b)[times.length >> 1];
  $('speed').textContent = `${middle.toFixed(1)} ms a face`;
}

function show() {
  paint($('face'), shown());
  showSpeed();
  $('face').setAttribute('aria-label', `The face of seed ${seed}, drawn by ${name}`);
}

// Draws small pictures one at a time while the page is idle; a new list replaces an unfinished one.
const idle = task => window.requestIdleCallback ? requestIdleCallback(task, {timeout: 100}) : setTimeout(task, 1);
let waiting = [];
function later(tasks) {
  const running = waiting.length;
  waiting = tasks;
  if (!running && waiting.length) idle(next);
}
function next() {
  waiting.shift()?.();
  if (waiting.length) idle(next);
  else showSpeed();
}

function sides() {
  const middle = slerp(face(seed), face(other), share);
  return [
    () => paint($('from'), face(seed)),
    () => paint($('to'), face(other)),
    ...directions.flatMap((_, k) => [-1, 1].map(end => () => paint(ends[k][end], moved(middle, k, end)))),
  ];
}

function start(from, to = from < SEEDS ? from + 1 : 0) {
  [seed, other, share] = [from, to, 0];
  $('seed').value = seed;
  $('other').value = other;
  $('morph').value = 0;
  history.replaceState(null, '', `#seed=${seed}`);
  reset();
}

function reset() {
  shifts.fill(0);
  document.querySelectorAll('.direction input').forEach(slider => slider.value = 0);
  show();
  later(sides());
}

const parseSeed = text => Math.max(0, Math.min(SEEDS, Math.floor(Number(text)) || 0));

const ends = directions.map((_, k) => {
  const row = document.createElement('div'), slider = document.createElement('input');
  const [less, more] = [0, 1].map(() => Object.assign(document.createElement('canvas'), {width: size, height: size, ariaHidden: 'true'}));
  Object.assign(slider, {type: 'range', min: -1, max: 1, step: 0.02, value: 0, ariaLabel: `Direction ${k + 1} of ${directions.length}`});
  slider.oninput = () => { shifts[k] = Number(slider.value); show(); };
  row.className = 'direction';
  row.append(less, slider, more);
  $('directions').append(row);
  return {[-1]: less, 1: more};
});

conditions.forEach(({name, values}, k) => {
  const label = document.createElement('label'), select = document.createElement('select');
  values.forEach((value, row) => select.add(new Option(value.replaceAll('_', ' '), row)));
  select.onchange = () => { chosen[k] = Number(select.value); show(); later([...sides(), ...gallery]); };
  label.append(`${name} `, select);
  $('conditions').append(label);
});

const gallery = Array.from({length: GALLERY}, (_, i) => {
  const button = document.createElement('button'), canvas = Object.assign(document.createElement('canvas'), {width: size, height: size});
  button.ariaLabel = `Start from the face of seed ${100 + i}`;
  button.onclick = () => { start(100 + i); scrollTo({top: 0}); };
  button.append(canvas);
  $('gallery').append(button);
  return () => paint(canvas, face(100 + i));
});

function walk() {
  if (!walking) return;
  share += 0.02;
  if (share >= 1) {
    [seed, other, share] = [other, other < SEEDS ? other + 1 : 0, 0];
    $('seed').value = seed;
    $('other').value = other;
    later(sides());
  }
  $('morph').value = share;
  show();
  requestAnimationFrame(walk);
}

$('new').onclick = () => start(Math.floor(Math.random() * 1e6));
$('seed').onchange = () => start(parseSeed($('seed').value));
$('other').onchange = () => { other = parseSeed($('other').value); $('other').value = other; show(); later(sides()); };
$('morph').oninput = () => { share = Number($('morph').value); show(); };
$('morph').onchange = () => later(sides());
$('reset').onclick = reset;
$('walk').onclick = () => {
  walking = !walking;
  $('walk').ariaPressed = walking;
  $('walk').textContent = walking ? 'Stop' : 'Walk';
  if (walking) requestAnimationFrame(walk);
  else later(sides());
};
$('save').onclick = () => $('face').toBlob(blob => {
  const link = Object.assign(document.createElement('a'), {href: URL.createObjectURL(blob), download: `${name}-seed${seed}.png`});
  link.click();
  URL.revokeObjectURL(link.href);
});

// For the console: ganlib.picture(ganlib.z(7)) returns the levels of seed 7, (pixel, colour).
window.ganlib = {z: face, picture, slerp};
start(parseSeed(new URLSearchParams(location.hash.slice(1)).get('seed') || 1));
later([...sides(), ...gallery]);
