const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const parsed = id => JSON.parse(document.getElementById(id)?.textContent ?? '{}');
const write = value => (Math.abs(value) >= 1000 ? value.toLocaleString('en', {maximumFractionDigits: 0}) : String(+value.toPrecision(3))).replace('-', '−');
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const theme = document.getElementById('theme');
const modes = ['Auto', 'Light', 'Dark'];
theme.onclick = () => {
  const next = modes[(modes.indexOf(theme.textContent) + 1) % modes.length];
  theme.textContent = next;
  theme.ariaLabel = `${next}: colours${next === 'Auto' ? ' of the system' : ''}`;
  if (next === 'Auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next.toLowerCase();
};

function show(images, chosen) {
  images.forEach(image => image.classList.toggle('on', image === chosen));
  return `step ${(+chosen.dataset.step).toLocaleString('en')}`;
}

// A slider with a Play button; calls `moved` with the slider's value.
function player(slider, button, pause, stride, moved) {
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; button.textContent = 'Play'; };
  slider.oninput = () => moved(+slider.value);
  button.onclick = () => {
    if (timer) return stop();
    if (slider.value === slider.max) slider.value = slider.min;
    button.textContent = 'Pause';
    moved(+slider.value);
    timer = setInterval(() => {
      slider.value = +slider.value + stride;
      moved(+slider.value);
      if (slider.value === slider.max) stop();
    }, pause);
  };
}

// The chart's legend shows the values under the pointer, or under the cursor that the arrow keys move.
function wireCharts(root, tables) {
  for (const figure of all('.chart', root)) {
    const svg = figure.querySelector('svg'), cursor = figure.querySelector('.cursor'), mark = cursor.querySelector('line');
    const table = tables[figure.dataset.report][figure.dataset.table], steps = table.step, legend = figure.querySelector('.legend');
    const frame = Object.fromEntries(Object.entries(svg.dataset).map(([key, value]) => [key, +value]));
    const toX = step => frame.left + (frame.right - frame.left) * (step - steps[0]) / ((steps.at(-1) - steps[0]) || 1);
    const toY = value => frame.bottom - (frame.bottom - frame.top) * (value - frame.low) / (frame.high - frame.low);
    const lines = all('[data-column]', legend).map(entry => ({values: table[entry.dataset.column], entry: entry.querySelector('b'), colour: entry.className}));
    const dots = lines.map(({colour}) => {
      const dot = cursor.appendChild(document.createElementNS(svg.namespaceURI, 'circle'));
      dot.setAttribute('r', 4);
      dot.setAttribute('class', colour);
      return dot;
    });
    let at = steps.length - 1;
    const move = place => {
      at = clamp(place, 0, steps.length - 1);
      const x = toX(steps[at]);
      mark.setAttribute('x1', x);
      mark.setAttribute('x2', x);
      lines.forEach(({values, entry}, index) => {
        entry.textContent = write(values[at]);
        dots[index].setAttribute('cx', x);
        dots[index].setAttribute('cy', clamp(toY(values[at]), frame.top, frame.bottom));
      });
      legend.querySelector('.at').textContent = `step ${steps[at].toLocaleString('en')}`;
      cursor.classList.add('on');
    };
    const leave = () => {
      move(steps.length - 1);
      cursor.classList.remove('on');
      legend.querySelector('.at').textContent = '';
    };
    svg.onpointermove = event => {
      const box = svg.getBoundingClientRect(), x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
      const wanted = steps[0] + (steps.at(-1) - steps[0]) * (x - frame.left) / (frame.right - frame.left);
      move(steps.reduce((best, step, place) => Math.abs(step - wanted) < Math.abs(steps[best] - wanted) ? place : best, 0));
    };
    svg.onpointerleave = leave;
    figure.onblur = leave;
    figure.onkeydown = event => {
      const stride = event.shiftKey ? 10 : 1;
      const place = {ArrowLeft: at - stride, ArrowRight: at + stride, Home: 0, End: steps.length - 1}[event.key];
      if (place === undefined) return;
      move(place);
      event.preventDefault();
    };
  }
}

// The day on which the file was written, which is not among its bytes: equal results give equal pages.
document.getElementById('written').textContent = `written ${new Date(document.lastModified).toLocaleDateString('en-GB', {dateStyle: 'long'})}`;

// Lets the elements below `root` respond.
function wire(root) {
  for (const details of all('.roomy', root)) details.open = matchMedia('(min-width: 701px)').matches && !details.classList.contains('long');

  for (const menu of all('.menu', root)) {
    const close = () => { menu.open = false; };
    all('a', menu).forEach(link => { link.onclick = close; });
    menu.onkeydown = event => {
      if (event.key !== 'Escape') return;
      close();
      menu.firstElementChild.focus();
    };
    menu.onfocusout = event => { if (!menu.contains(event.relatedTarget)) close(); };
  }

  const data = parsed('data'), tables = {...data.reports, ...parsed('running-data')};
  wireCharts(root, tables);

  // Each picture is in the file once, in its report's section; the overviews copy it.
  for (const box of all('[data-copies]', root)) for (const image of all(box.dataset.copies)) {
    const copy = image.cloneNode();
    if (box.closest('[aria-hidden]')) copy.alt = '';
    box.append(copy);
  }

  const together = root.querySelector('#together');
  if (together) player(together, document.getElementById('play'), 90, 2, share => {
    for (const figure of all('#learning figure')) {
      const images = all('[data-step]', figure), last = +images.at(-1).dataset.step;
      const off = image => Math.abs(image.dataset.step / last - share / 100);
      figure.querySelector('.at').textContent = show(images, images.reduce((best, image) => off(image) < off(best) ? image : best));
    }
    together.nextElementSibling.textContent = `${share}%`;
    together.ariaValueText = `${share}% of training`;
  });

  for (const slider of all('.pictures input', root)) slider.oninput = () => {
    const images = all('[data-step]', slider.closest('[role=tabpanel]'));
    slider.ariaValueText = slider.nextElementSibling.textContent = show(images, images[slider.value]);
  };

  for (const list of all('[role=tablist]', root)) {
    const tabs = all('[role=tab]', list);
    const choose = chosen => tabs.forEach(tab => {
      tab.ariaSelected = tab === chosen;
      tab.tabIndex = tab === chosen ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')).hidden = tab !== chosen;
    });
    list.onclick = event => event.target.role === 'tab' && choose(event.target);
    list.onkeydown = event => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!step) return;
      const next = tabs.at((tabs.indexOf(document.activeElement) + step) % tabs.length);
      choose(next);
      next.focus();
      event.preventDefault();
    };
  }

  // The curve demo: the generator's curves from the same z at each recorded step.
  const moments = root.querySelector('#moments');
  if (moments) {
    const {steps, curves} = data.curve, drawn = all('.drawing .drawn'), frame = document.querySelector('.drawing').dataset;
    const toY = value => (frame.zero - value * frame.unit).toFixed(1);
    player(moments, document.getElementById('play-curve'), 110, 1, moment => {
      drawn.forEach((line, index) => {
        const values = curves[moment][index], toX = place => (frame.left * 1 + frame.width * place / (values.length - 1)).toFixed(1);
        line.setAttribute('points', values.map((value, place) => `${toX(place)},${toY(value)}`).join(' '));
      });
      moments.ariaValueText = moments.nextElementSibling.textContent = `step ${steps[moment].toLocaleString('en')}`;
    });
  }

  for (const button of all('[data-copy]', root)) button.onclick = async () => {
    const text = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = 'Copied';
    } catch {  // the browser refuses clipboard access: select the text for Ctrl-C
      getSelection().selectAllChildren(text);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };

  for (const button of all('[data-csv]', root)) button.onclick = () => {
    const [report, name] = button.dataset.csv.split('/');
    const table = report ? data.reports[report][name] : data.scores;
    const columns = Object.keys(table), rows = table[columns[0]].map((_, place) => columns.map(column => table[column][place] ?? '').join(','));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([[columns.join(','), ...rows, ''].join('\n')], {type: 'text/csv'}));
    link.download = `${report || 'ganlib'}-${name}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
}

// Marks the section in the middle of the window, or the nearest one above it, in the navigation.
function mark() {
  const links = all('.bar nav a'), place = link => document.querySelector(link.hash).getBoundingClientRect().top;
  const current = links.filter(link => place(link) < innerHeight / 2).sort((one, other) => place(other) - place(one))[0];
  links.forEach(link => { link.ariaCurrent = link === current ? 'true' : null; });
  all('.menu > summary').forEach(summary => { summary.ariaCurrent = summary.parentElement.contains(current) ? 'true' : null; });
}
addEventListener('scroll', mark, {passive: true});

addEventListener('beforeprint', () => all('details').forEach(details => { details.open = true; }));
wire(document);
mark();
