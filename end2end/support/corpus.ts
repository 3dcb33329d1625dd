import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A template of the corpus: what it asks for, as the program `fields` of the crate `form` lists it. */
export interface Asked {
  name: string;
  values: Record<string, unknown>;
  pages: { page: number; fields: [string, string][] }[];
  broken: { path: string; why: string; enterable: boolean; values: Record<string, unknown> }[];
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const CORPUS = process.env.PORTICO_CORPUS ?? join(ROOT, '../shared/corpus');

export const hasCorpus = existsSync(join(CORPUS, 'templates-manifest.jsonl'));

/** Lists all templates; builds the program that does. */
export function listed(): Asked[] {
  const args = ['run', '--quiet', '-p', 'form', '--features', 'native', '--example', 'fields'];
  const out = execFileSync('cargo', args, { cwd: ROOT, maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PORTICO_CORPUS: CORPUS } });
  return out.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line) as Asked);
}

/** Copies templates into a folder, each under a name of its own, since many of the corpus have the same; gives the paths of their descriptors. */
export function copied(templates: Asked[], folder: string): string[] {
  return templates.map((template, number) => {
    const file = template.name.slice(0, template.name.lastIndexOf(' '));
    const name = template.name.slice(template.name.lastIndexOf(' ') + 1);
    const repo = file.split('/')[0] ?? '';
    const into = join(folder, String(number));
    cpSync(join(CORPUS, 'templates', repo), join(into, repo), { recursive: true });
    const path = join(into, file);
    const text = readFileSync(path, 'utf8');
    const own = text.replace(new RegExp(`^(\\s+name:\\s*)["']?${name.replaceAll('.', '\\.')}["']?\\s*$`, 'm'), `$1corpus-${number}`);
    writeFileSync(path, own.replace(/^(\s+)namespace:.*$/m, '$1namespace: default'));
    return path;
  });
}
