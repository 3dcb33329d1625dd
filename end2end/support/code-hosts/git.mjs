// A bare repository, and what an API does in one.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class Repository {
  constructor(root, name) {
    this.path = join(root, `${name}.git`);
    mkdirSync(dirname(this.path), { recursive: true });
    execFileSync('git', ['init', '--quiet', '--bare', this.path]);
    for (const [key, value] of [['http.receivepack', 'true'], ['uploadpack.allowFilter', 'true']]) this.run(['config', key, value]);
  }

  run(args, input, env = {}) {
    const options = { input, cwd: this.path, env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', ...env }, stdio: ['pipe', 'pipe', 'pipe'] };
    return execFileSync('git', args, options).toString().trim();
  }

  /** The commit of a branch, or undefined. */
  head(branch) {
    try {
      return this.run(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]);
    } catch {
      return undefined;
    }
  }

  branches() {
    return this.run(['for-each-ref', '--format=%(refname:short)', 'refs/heads']).split('\n').filter(Boolean);
  }

  /** The default branch: the one that was named, else the first that was pushed. */
  defaultBranch(named) {
    const all = this.branches();
    return all.includes(named) || all.length === 0 ? named : all[0];
  }

  blob(bytes) {
    return this.run(['hash-object', '-w', '--stdin'], bytes);
  }

  /** A tree from another with entries of GitHub's kind: `{path, mode, sha | content}`; a `sha` of null takes a file away. */
  tree(base, entries) {
    const dir = mkdtempSync(join(tmpdir(), 'portico-index-'));
    const env = { GIT_INDEX_FILE: join(dir, 'index') };
    if (base) this.run(['read-tree', base], undefined, env);
    for (const { path, mode, sha, content } of entries) {
      const args = sha === null ? ['--force-remove', path] : ['--add', '--cacheinfo', `${mode},${sha ?? this.blob(content)},${path}`];
      this.run(['update-index', ...args], undefined, env);
    }
    const tree = this.run(['write-tree'], undefined, env);
    rmSync(dir, { recursive: true });
    return tree;
  }

  commit(message, tree, parents, author = { name: 'portal', email: 'portal@example.com' }) {
    const env = { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email, GIT_COMMITTER_NAME: 'portal', GIT_COMMITTER_EMAIL: 'portal@example.com' };
    return this.run(['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])], message, env);
  }

  read(sha) {
    const [tree, parents, ...message] = this.run(['show', '--no-patch', '--format=%T%n%P%n%B', sha]).split('\n');
    return { sha, tree: { sha: tree }, parents: parents.split(' ').filter(Boolean).map((sha) => ({ sha })), message: message.join('\n') };
  }

  has(revision) {
    try {
      this.run(['cat-file', '-e', revision]);
      return true;
    } catch {
      return false;
    }
  }
}
