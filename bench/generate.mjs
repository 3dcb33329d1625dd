// A deterministic bank of N entities as multi-document YAML, 1,000 a file.  node bench/generate.mjs N DIR
import fs from 'node:fs';
import path from 'node:path';

const [count, dir] = [Number(process.argv[2]), process.argv[3]];
const areas = ['payments', 'cards', 'lending', 'treasury', 'markets', 'custody', 'fraud', 'ledger', 'mobile', 'data'];
const nouns = ['account', 'transfer', 'limit', 'quote', 'order', 'position', 'margin', 'customer', 'document', 'alert'];
const roles = ['gateway', 'engine', 'worker', 'store', 'router', 'publisher', 'monitor', 'portal', 'client', 'hub'];
const tags = ['java', 'kotlin', 'go', 'python', 'typescript', 'rust', 'kafka', 'grpc', 'pci', 'pii'];
let state = 42;
// A linear congruential generator: the same bank on every machine.
const next = (n) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor((state / 4294967296) * n); };
const pick = (list) => list[next(list.length)];
const teams = Math.max(4, Math.floor(count * 0.03));
const systems = Math.max(4, Math.floor(count * 0.05));
const owner = () => `team-${Math.floor(next(teams) * (next(100) / 100))}`;
const documents = [];
const add = (api, kind, metadata, spec) => documents.push(`apiVersion: ${api}\nkind: ${kind}\nmetadata: ${JSON.stringify(metadata)}\nspec: ${JSON.stringify(spec)}\n`);
const own = 'backstage.io/v1alpha1';
for (let i = 0; i < teams; i++) add(own, 'Group', { name: `team-${i}`, title: `Team ${pick(areas)} ${i}` }, { type: 'team', children: [] });
for (let i = 0; i < systems; i++) add(own, 'System', { name: `${pick(areas)}-${pick(nouns)}-system-${i}` }, { owner: owner() });
for (let i = documents.length; i < count; i++) {
  const name = `${pick(areas)}-${pick(nouns)}-${pick(roles)}-${i}`;
  const metadata = { name, title: name.replaceAll('-', ' '), description: `Handles ${name.split('-')[1]} data of the bank.`, tags: [...new Set([pick(tags), pick(tags)])] };
  const lifecycle = pick(['production', 'production', 'production', 'experimental', 'deprecated']);
  if (i % 6 === 0) add(own, 'API', metadata, { type: 'openapi', lifecycle, owner: owner(), definition: `openapi: 3.0.3\ninfo: {title: ${name}, version: 1.0.0}\npaths: {}\n` });
  else add(own, 'Component', metadata, { type: pick(['service', 'service', 'service', 'website', 'library']), lifecycle, owner: owner(), dependsOn: [`resource:db-${next(count)}`] });
}
fs.mkdirSync(dir, { recursive: true });
for (let i = 0; i * 1000 < documents.length; i++) {
  fs.writeFileSync(path.join(dir, `entities-${String(i).padStart(4, '0')}.yaml`), documents.slice(i * 1000, (i + 1) * 1000).map((text) => `---\n${text}`).join(''));
}
