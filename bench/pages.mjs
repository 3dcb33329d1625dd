// Times pages of a running portal on this machine: node bench/pages.mjs BASE [ROUNDS]
// Rounds are interleaved, so that a slow second of the machine touches every page alike; the last column is the ratio to /healthz.
import http from 'node:http';
import { cookieHeader } from '../end2end/support/sign-in.mjs';

const base = new URL(process.argv[2]);
const rounds = Math.min(Number(process.argv[3] ?? 200), 2000);
if (!['127.0.0.1', 'localhost'].includes(base.hostname)) throw new Error('loopback only');
const cookie = await cookieHeader(base.origin);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const get = (path) => new Promise((resolve, reject) => {
  const start = process.hrtime.bigint();
  http.get({ host: base.hostname, port: base.port, path, agent, headers: { accept: 'text/html', cookie } }, (response) => {
    let bytes = 0;
    const chunks = [];
    response.on('data', (chunk) => { bytes += chunk.length; chunks.push(chunk); });
    response.on('end', () => resolve({ ms: Number(process.hrtime.bigint() - start) / 1e6, bytes, status: response.statusCode, body: Buffer.concat(chunks).toString() }));
  }).on('error', reject);
});
const first = await get('/api/catalog/entities/by-query?filter=kind=component&limit=1');
const name = JSON.parse(first.body).items[0].metadata.name;
const owner = JSON.parse(first.body).items[0].relations.find((relation) => relation.type === 'ownedBy').targetRef;
const page = (await get('/catalog')).body.match(/page=([\w-]+)/)?.[1] ?? '';
const paths = {
  'healthz': '/healthz',
  'home': '/',
  'catalog': '/catalog',
  'catalog, second page': `/catalog?page=${page}`,
  'catalog, kind': '/catalog?kind=component',
  'catalog, kind + lifecycle + type': '/catalog?kind=component&lifecycle=production&type=service',
  'catalog, owner': `/catalog?owner=${encodeURIComponent(owner)}`,
  'catalog, tag': '/catalog?tag=java',
  'catalog, words': '/catalog?q=payments',
  'catalog, words + kind': '/catalog?q=payments&kind=component',
  'catalog, by change': '/catalog?sort=-changed',
  'entity': `/catalog/default/component/${name}`,
  'owner group': `/catalog/default/group/${owner.split('/')[1]}`,
  'api by-query': '/api/catalog/entities/by-query?filter=kind=component&limit=20',
  'api by-name': `/api/catalog/entities/by-name/component/default/${name}`,
};
const times = Object.fromEntries(Object.keys(paths).map((key) => [key, []]));
const sizes = {};
for (const path of Object.values(paths)) for (let i = 0; i < 3; i++) await get(path);
for (let round = 0; round < rounds; round++) {
  for (const [key, path] of Object.entries(paths)) {
    const answer = await get(path);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
    times[key].push(answer.ms);
    sizes[key] = answer.bytes;
  }
}
const at = (list, share) => list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];
const unit = at(times.healthz, 0.5);
console.log(`${'page'.padEnd(36)} ${'p50 ms'.padStart(8)} ${'p95 ms'.padStart(8)} ${'bytes'.padStart(9)} ${'× healthz'.padStart(9)}`);
for (const key of Object.keys(paths)) {
  const [p50, p95] = [at(times[key], 0.5), at(times[key], 0.95)];
  console.log(`${key.padEnd(36)} ${p50.toFixed(2).padStart(8)} ${p95.toFixed(2).padStart(8)} ${String(sizes[key]).padStart(9)} ${(p50 / unit).toFixed(1).padStart(9)}`);
}
agent.destroy();
