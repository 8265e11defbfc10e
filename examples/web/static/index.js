// SPDX-License-Identifier: MIT
// Makes the index page live. Without it, its links work as they are.
'use strict';

const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const number = new Intl.NumberFormat('en');

// ---- Frames that are asked again
for (const button of all('[data-again]')) {
  const frames = all('iframe', button.closest('.card'));
  button.hidden = false;
  button.addEventListener('click', () => {
    for (const frame of frames) {
      frame.src = frame.dataset.src ?? frame.getAttribute('src');
    }
  });
}

// ---- The event stream: the facts on top, and its last lines as they came
const saysFact = {
  connections: number.format,
  requests: number.format,
  memory: (n) => (n / 1048576).toFixed(1) + ' MB',
  seconds: (n) => n < 120 ? n + ' s' : Math.floor(n / 60) + ' min',
};

function showFacts(event) {
  const facts = JSON.parse(event.data);
  for (const [name, says] of Object.entries(saysFact)) {
    one(`[data-fact=${name}]`).textContent = says(facts[name]);
  }
  const log = one('[data-events]');
  const lines = log.textContent.split('\n').slice(-6);
  log.textContent = [...lines, event.data].filter(Boolean).join('\n');
}

// A browser opens few connections to one site: a hidden page leaves its own.
const pause = one('[data-pause]');
let events = null;
function listen() {
  const listens = !document.hidden && pause.ariaPressed !== 'true';
  if (!listens) {
    events?.close();
    events = null;
  } else if (events === null) {
    events = new EventSource('/events');
    events.addEventListener('facts', showFacts);
  }
}
pause.hidden = false;
pause.addEventListener('click', () => {
  pause.ariaPressed = String(pause.ariaPressed !== 'true');
  pause.textContent = pause.ariaPressed === 'true' ? 'Go on' : 'Pause';
  listen();
});
document.addEventListener('visibilitychange', listen);
listen();

// ---- Chat: what is said first is the name
const chat = one('[data-chat]');
let socket = null;

function showSaid(text, kind) {
  const log = one('[data-said]');
  const item = document.createElement('li');
  item.textContent = text;
  item.className = kind;
  log.append(item);
  while (log.children.length > 100) {
    log.firstChild.remove();
  }
  log.scrollTop = log.scrollHeight;
}

function isInChat(there) {
  chat.elements.text.disabled = !there;
  chat.elements.name.disabled = there;
  one('button', chat).textContent = there ? 'Say' : 'Join';
  if (there) {
    chat.elements.text.focus({ preventScroll: true });
  }
}

function join(name) {
  socket = new WebSocket(new URL('/chat', location).href.replace('http', 'ws'));
  socket.addEventListener('open', () => {
    socket.send(name);
    isInChat(true);
  });
  socket.addEventListener('message', (message) => {
    showSaid(message.data, message.data.includes(': ') ? '' : 'note');
  });
  socket.addEventListener('close', (end) => {
    showSaid('The chat has ended. ' + end.reason, 'note');
    isInChat(false);
    socket = null;
  });
}

chat.addEventListener('submit', (event) => {
  event.preventDefault();
  if (socket === null) {
    join(chat.elements.name.value);
  } else if (chat.elements.text.value !== '') {
    socket.send(chat.elements.text.value);
    chat.elements.text.value = '';
  }
});
chat.elements.name.value = 'Guest ' + Math.ceil(Math.random() * 99);
one('button', chat).disabled = false;

// ---- Upload: how much has gone, and then the table of the page it is
const upload = one('[data-upload]');

function showTaken(text, table) {
  one('[data-taken]').textContent = text;
  one('[data-files]').replaceChildren(...(table ? [table] : []));
  one('[data-sent]').hidden = true;
  one('button', upload).disabled = false;
}

upload.addEventListener('submit', (event) => {
  const sent = one('[data-sent]');
  const asks = new XMLHttpRequest();
  event.preventDefault();
  one('button', upload).disabled = true;
  sent.hidden = false;
  asks.upload.addEventListener('progress', (gone) => {
    sent.max = gone.total;
    sent.value = gone.loaded;
    one('[data-taken]').textContent = (gone.loaded / 1e6).toFixed(1) + ' MB sent';
  });
  asks.addEventListener('load', () => {
    const text = asks.responseText;
    const page = new DOMParser().parseFromString(text, 'text/html');
    const files = all('tbody tr', page).length;
    showTaken(asks.status === 200 ? `${files} taken` : text, one('table', page));
  });
  asks.addEventListener('error', () => showTaken('That is too much.'));
  asks.open('POST', upload.action);
  asks.send(new FormData(upload));
});

// ---- A query whose rows scroll by
async function* piecesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece; !(piece = await reader.read()).done;) {
    yield piece.value;
  }
}

const asText = (row) => {
  const [n, station, celsius] = row.split('<td>').slice(1);
  return n.padStart(8) + '  ' + station.padEnd(11) + celsius.padStart(6) + ' °C';
};

async function showQuery(form) {
  const last = one('[data-rows]');
  const sum = one('[data-sum]');
  const begun = performance.now();
  let rows = 0, bytes = 0, rest = '';
  const query = new URLSearchParams(new FormData(form));
  for await (const piece of piecesOf(await fetch('/query?' + query))) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    const come = lines.filter((line) => line.startsWith('<tr><td>'));
    rows += come.length;
    bytes += piece.length;
    if (come.length > 0) {
      last.textContent = come.slice(-7).map(asText).join('\n');
    }
    const seconds = (performance.now() - begun) / 1000;
    sum.textContent = `${number.format(rows)} rows, ` +
      `${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s`;
  }
}

one('[data-query]').addEventListener('submit', async (event) => {
  const button = one('button', event.target);
  event.preventDefault();
  button.disabled = true;
  try {
    await showQuery(event.target);
  } catch (error) {
    one('[data-sum]').textContent = String(error);
  }
  button.disabled = false;
});
